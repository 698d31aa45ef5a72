// Reads WordPiece tokenizers from the files beside Hugging Face weights.
// The files are untrusted: sizes are bounded (64 MiB a file), and everything in them is checked.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "tokenizer/wordpiece.h"

namespace ganglion {

// tokenizer.json: a WordPiece model with a BertNormalizer (or none), a BertPreTokenizer, and a
// TemplateProcessing, BertProcessing or no post-processor; anything else is kUnsupported. Its
// truncation and padding settings are not read: callers give EncodeOptions.
Result<WordPiece> parse_wordpiece_json(std::string_view text, std::string_view source_name);

// vocab.txt: one token a line, the line number is the id. `config_json` is the text of
// tokenizer_config.json (do_lower_case, strip_accents, tokenize_chinese_chars and the names of
// the special tokens), or empty for BERT's defaults.
Result<WordPiece> parse_wordpiece_vocabulary(std::string_view vocabulary,
                                             std::string_view config_json,
                                             std::string_view source_name);

// From a model folder: tokenizer.json, or else vocab.txt with tokenizer_config.json.
Result<WordPiece> load_wordpiece(const std::filesystem::path& folder);

}  // namespace ganglion
