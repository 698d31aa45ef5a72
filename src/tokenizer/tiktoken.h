// tiktoken's rank files: a line "base64-of-the-token rank" for every token; the rank is its id, and
// tells which merge comes first.
// Source: tiktoken 0.14 (load.py, src/lib.rs).
#pragma once

#include <string_view>

#include "base/result.h"
#include "tokenizer/text_tokenizer.h"

namespace ganglion {

// Whether a file begins like one.
bool looks_like_tiktoken(std::string_view bytes);

// The file does not say how text is cut: `pre_tokenizer` is one of find_pre_tokenizer()'s names. It
// holds no special tokens. kMalformed names the line; kLimit as for all vocabularies.
Result<TextTokenizerSpec> parse_tiktoken(std::string_view text, std::string_view pre_tokenizer,
                                         std::string_view source_name);

}  // namespace ganglion
