// Made-up vocabularies of real sizes, for models with random weights.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/rng.h"
#include "formats/gguf_writer.h"

namespace ganglion {

enum class VocabularyKind : uint8_t { kSentencePiece, kByteLevel, kWordPiece };

struct RandomVocabulary {
  VocabularyKind kind = VocabularyKind::kByteLevel;
  uint64_t size = 0;  // tokens, at least 2,048
  std::string_view pre_tokenizer = "default";
  bool adds_begin = false;
};

// Writes the "tokenizer.*" entries: every byte or letter, then words of 2 to 12 letters that merges
// of shorter tokens make, so that any text can be encoded, then the control tokens. The same `rng`
// gives the same words.
void add_random_vocabulary(const RandomVocabulary& vocabulary, Rng& rng, GgufWriter& metadata);

}  // namespace ganglion
