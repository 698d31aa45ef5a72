// Loads a tokenizer from the files that models are published with.
// The files are untrusted: at most 128 MiB each, and everything in them is checked.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

// `path` is one of: a tokenizer.json; a tokenizer.model of SentencePiece; tiktoken's ranks;
// vocab.txt of WordPiece; vocab.json with merges.txt beside it; or a folder with one of these,
// where tokenizer_config.json says which tokens begin and end a text. `pre_tokenizer` (a name of
// find_pre_tokenizer(), or empty) is for the two files that do not say how text is cut: ranks,
// which need it, and vocab.json, which is GPT-2's without. kInvalidArgument where it is missing or
// where the file says so itself; otherwise the errors name file and place.
Result<std::unique_ptr<Tokenizer>> load_tokenizer_files(const std::filesystem::path& path,
                                                        std::string_view pre_tokenizer = "");

}  // namespace ganglion
