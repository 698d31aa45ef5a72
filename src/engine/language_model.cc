#include "engine/language_model.h"

#include "engine/gguf_language_model.h"
#include "models/hugging_face/convert.h"

namespace ganglion {

Result<std::unique_ptr<const LanguageModel>> load_language_model(
    const std::filesystem::path& path, const LanguageModelOptions& options) {
  GANGLION_ASSIGN(GgufFile file, open_model(path));
  return load_gguf_language_model(std::move(file), options);
}

}  // namespace ganglion
