// Reads tokenizer.json, the file of Hugging Face's package `tokenizers`, with BPE and Unigram
// models. The file is untrusted: sizes are bounded, everything in it is checked.
// Source: `tokenizers` 0.23. What it can say and we cannot do is refused by its name, never left
// out.
#pragma once

#include <string_view>

#include "base/result.h"
#include "tokenizer/text_tokenizer.h"

namespace ganglion {

// Begin and end of a text are those that the post-processor adds. Truncation, padding and dropout
// are not read: callers give EncodeOptions, and dropout is for training. kUnsupported for other
// models; `is_wordpiece` says whether it is one of WordPiece (tokenizer/wordpiece_files.h).
Result<TextTokenizerSpec> parse_tokenizer_json(std::string_view text, std::string_view source_name,
                                               bool* is_wordpiece = nullptr);

}  // namespace ganglion
