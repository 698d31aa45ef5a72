// The phrases that were labelled in the training data, by hash: which types each was seen as.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/hash_index.h"
#include "models/tagger_words.h"

namespace ganglion {

// The longest phrase, in words, that is looked up.
inline constexpr size_t kMaxPhraseWords = 10;

// The hash of a phrase, extended by one word (its lower-case hash) at a time.
inline constexpr uint64_t kEmptyPhrase = 0x70687261;
uint64_t extend_phrase(uint64_t phrase, uint64_t word);
constexpr uint32_t phrase_key(uint64_t phrase) { return static_cast<uint32_t>(phrase >> 32); }

// A type a phrase was seen with, and how often.
struct PhraseType {
  uint16_t type;
  uint16_t count;
};

// Immutable once built. A phrase without types is only the beginning of longer ones.
class PhraseTable {
 public:
  PhraseTable() = default;
  // keys[i] has the types types[begins[i], begins[i + 1]). False when the keys repeat or collide.
  // Requires begins ascending, from 0 to types.size(), one longer than keys (asserted).
  [[nodiscard]] bool build(std::vector<uint32_t> keys, std::vector<uint32_t> begins,
                           std::vector<PhraseType> types);

  bool empty() const { return keys_.empty(); }
  // Whether the phrase is known, whole or as a beginning; `types` are those of the whole phrase.
  bool find(uint32_t key, std::span<const PhraseType>& types) const;

  std::span<const uint32_t> keys() const { return keys_; }
  std::span<const uint32_t> begins() const { return begins_; }
  std::span<const PhraseType> types() const { return types_; }

 private:
  std::vector<uint32_t> keys_;
  std::vector<uint32_t> begins_;
  std::vector<PhraseType> types_;
  HashIndex index_;
};

}  // namespace ganglion
