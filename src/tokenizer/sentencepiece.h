// SentencePiece models (BPE and Unigram), from whatever file holds their tables.
// Source: sentencepiece 0.2 (sentencepiece_model.proto, normalizer.cc, bpe_model.cc,
// unigram_model.cc); compared by tests/tokenizers/compare.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/text_tokenizer.h"

namespace ganglion {

struct SentencePieceTables {
  VocabularyTokens tokens;
  std::vector<float> scores;
  bool is_unigram = false;
  std::string charsmap;  // precompiled; empty: none
  bool adds_space = true;
  bool squeezes_spaces = true;
  bool falls_back_to_bytes = false;
  bool single_precision = true;  // how Unigram sums scores
  // Whether added tokens are matched in the text as it comes, each part of it getting a space in
  // front (llama.cpp), or in the normalised text, which gets one (sentencepiece).
  bool matches_raw_text = false;
  SpecialTokens special;
};

// The tables of `tokenizer.model`, the ModelProto that sentencepiece writes. `source_name` is for
// messages. `special` has the ids that the file names; it says nothing about begin and end of a
// text. kMalformed, kLimit; kUnsupported for models of words or characters, and spaces otherwise
// than in front of words.
Result<SentencePieceTables> parse_sentencepiece_tables(std::string_view bytes,
                                                       std::string_view source_name);

// Added tokens, prefix and suffix of `special`, and the model. kMalformed, kLimit, kUnsupported.
Result<TextTokenizerSpec> sentencepiece_spec(SentencePieceTables tables);

// Both in one: neither begin nor end is added to a text.
Result<TextTokenizerSpec> parse_sentencepiece_model(std::string_view bytes,
                                                    std::string_view source_name);

}  // namespace ganglion
