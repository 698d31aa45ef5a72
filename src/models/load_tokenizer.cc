#include "models/load_tokenizer.h"

#include <array>
#include <fstream>

#include "models/gguf_tokenizer.h"
#include "tokenizer/tokenizer_files.h"

namespace ganglion {
namespace {

bool is_gguf(const std::filesystem::path& path) {
  std::array<char, 4> magic = {};
  std::ifstream file(path, std::ios::binary);
  file.read(magic.data(), magic.size());
  return file.good() && std::string_view(magic.data(), magic.size()) == "GGUF";
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> load_tokenizer(const std::filesystem::path& path,
                                                  std::string_view pre_tokenizer) {
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(path, ignored);
  if (!is_file || (path.extension() != ".gguf" && !is_gguf(path))) {
    return load_tokenizer_files(path, pre_tokenizer);
  }
  if (!pre_tokenizer.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: says itself how text is cut: leave the pre-tokenizer out", path.string());
  }
  GANGLION_ASSIGN(const GgufFile file, GgufFile::open(path));
  return load_gguf_tokenizer(file);
}

}  // namespace ganglion
