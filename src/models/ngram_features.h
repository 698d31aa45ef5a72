// Text as a sparse vector: tf-idf over hashed word and character n-grams.
//
// Text is lower-cased; a word is a run of letters, digits and marks (apostrophes inside are
// dropped). Word n-grams are words and pairs of neighbours, with marks for begin and end; character
// n-grams are 2 to 5 code points long and do not cross words. A 64-bit hash stands for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion {

struct NgramHashes {
  std::vector<uint64_t> words;
  std::vector<uint64_t> characters;
};

// In order of occurrence, repeats included. `text` is valid UTF-8. The hashes are stable: they are
// stored in model files.
NgramHashes ngram_hashes(std::string_view text);

struct SparseVector {
  std::vector<uint32_t> ids;  // distinct
  std::vector<float> values;
};

struct NgramFeatures {
  // Values are (1 + log(count)) * idf; those of the words and those of the characters each have
  // Euclidean length 1 (0 when none is known).
  SparseVector vector;
  // The share of the text's word n-grams that the vocabulary lacks, 0 to 1; 1 for a text without
  // words.
  float unknown_share = 1;
};

// The n-grams of a training set with their inverse document frequencies. Immutable, thread-safe.
class NgramVocabulary {
 public:
  NgramVocabulary() = default;
  // `hashes` rise strictly and are as many as `idf`, fewer than 2^31 (asserted).
  NgramVocabulary(std::vector<uint64_t> hashes, std::vector<float> idf);

  // Every n-gram of `texts`; idf = 1 + log((1 + texts) / (1 + texts that hold it)).
  static NgramVocabulary build(std::span<const std::string> texts);

  size_t size() const { return hashes_.size(); }
  std::span<const uint64_t> hashes() const { return hashes_; }
  std::span<const float> idf() const { return idf_; }

  NgramFeatures features(std::string_view text) const;

 private:
  static constexpr uint32_t kAbsent = UINT32_MAX;

  uint32_t find(uint64_t hash) const;
  // Adds the known ones among `hashes` and returns how many of them are not known.
  size_t append_block(std::span<const uint64_t> hashes, SparseVector* out) const;

  std::vector<uint64_t> hashes_;
  std::vector<float> idf_;
  // Row b holds where the hashes whose top bits are b begin; hashes are spread evenly, so a bucket
  // holds one or two. Chosen by a hostile file they still cost only a binary search: no open
  // addressing here.
  std::vector<uint32_t> bucket_begins_;  // [buckets + 1]
  int bucket_shift_ = 0;
};

}  // namespace ganglion
