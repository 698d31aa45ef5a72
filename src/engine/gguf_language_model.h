// A language model over a GGUF file's weights, which stay in the file.
#pragma once

#include <memory>

#include "base/result.h"
#include "engine/language_model.h"
#include "formats/gguf.h"

namespace ganglion {

// What `show` and the checks before loading need: from a file that has passed
// check_gguf_architecture.
Result<ModelDescription> describe_language_model(const GgufFile& file);

// Errors of Decoder::load; kLimit when the weights do not fit in memory. Reads no weights, so that
// it ends in well under a second.
Result<std::unique_ptr<const LanguageModel>> load_gguf_language_model(
    GgufFile file, const LanguageModelOptions& options);

}  // namespace ganglion
