// What a tagger sees of each word: hashed features of the word, its neighbours, the run of
// characters without a space that it stands in, the dialogue's context, and the phrases seen in
// training. Training and tagging share this code, so that they cannot drift apart.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/phrase_table.h"
#include "models/tagger_words.h"

namespace ganglion {

// Changes whenever a feature changes: a model of another version is refused.
inline constexpr uint32_t kTaggerFeatureVersion = 1;

// The features of n words: those of word i are hashes[begins[i], begins[i + 1]).
struct TaggerFeatureRows {
  std::vector<uint32_t> hashes;
  std::vector<uint32_t> begins;  // [n + 1]

  std::span<const uint32_t> of(size_t word) const {
    return std::span(hashes).subspan(begins[word], begins[word + 1] - begins[word]);
  }
};

// A labelled phrase of the sentence itself.
struct OwnPhrase {
  uint32_t key;
  uint16_t type;
};

// The lower-case hash of each word.
std::vector<uint64_t> hash_tagger_words(std::string_view text, std::span<const TaggerWord> words);

// `context`: strings known besides the text, such as the slots a dialogue asked for; order and
// repeats do not matter. `own`: in training, the phrases labelled in this sentence, which are
// taken out of the table's counts so that a sentence does not recognise itself.
// Linear in the text. Thread-safe.
TaggerFeatureRows extract_tagger_features(std::string_view text, std::span<const TaggerWord> words,
                                          std::span<const std::string> context,
                                          const PhraseTable& phrases,
                                          std::span<const OwnPhrase> own);

}  // namespace ganglion
