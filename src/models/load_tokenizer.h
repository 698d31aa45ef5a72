// Loads a tokenizer from any file of a model.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

// A GGUF file (models/gguf_tokenizer.h), or what load_tokenizer_files() takes; `pre_tokenizer` as
// there. kInvalidArgument when it is given with a GGUF file, which says so itself.
Result<std::unique_ptr<Tokenizer>> load_tokenizer(const std::filesystem::path& path,
                                                  std::string_view pre_tokenizer = "");

}  // namespace ganglion
