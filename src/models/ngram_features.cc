#include "models/ngram_features.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr size_t kMinCharacters = 2;
constexpr size_t kMaxCharacters = 5;
constexpr uint64_t kWordSeed = 0x9e3779b97f4a7c15ULL;
constexpr uint64_t kCharacterSeed = 0xc2b2ae3d27d4eb4fULL;
constexpr uint64_t kEdge = 0x165667b19e3779f9ULL;  // stands for the begin and the end of the text

bool is_word_character(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return is_letter(c) || is_number(c) || is_nonspacing_mark(c);
}

bool is_apostrophe(char32_t c) { return c == '\'' || c == 0x2019; }

// The words of lower-cased text, each with a space before and after it.
std::vector<std::string> padded_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word = " ";
  const auto end_word = [&] {
    if (word.size() == 1) return;
    word.push_back(' ');
    words.push_back(std::exchange(word, " "));
  };
  for (size_t offset = 0; offset < text.size();) {
    const DecodedCodePoint c = decode_utf8(text, offset);
    if (is_word_character(c.value)) {
      word.append(text.substr(offset, c.num_bytes));
    } else if (!is_apostrophe(c.value)) {
      end_word();
    }
    offset += c.num_bytes;
  }
  end_word();
  return words;
}

bool continues_sequence(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Every n-gram that begins at a code point of `word`, by extending one running hash.
void append_character_hashes(std::string_view word, std::vector<uint64_t>* out) {
  for (size_t begin = 0; begin < word.size(); ++begin) {
    if (continues_sequence(word[begin])) continue;
    uint64_t hash = kCharacterSeed;
    size_t end = begin;
    for (size_t length = 1; length <= kMaxCharacters && end < word.size(); ++length) {
      const size_t first = end++;
      while (end < word.size() && continues_sequence(word[end])) ++end;
      hash = fnv1a64(word.substr(first, end - first), hash);
      if (length >= kMinCharacters) out->push_back(mix64(hash));
    }
  }
}

}  // namespace

NgramHashes ngram_hashes(std::string_view text) {
  const std::string lower = to_lower(text);
  NgramHashes hashes;
  uint64_t previous = kEdge;
  for (const std::string& word : padded_words(lower)) {
    const uint64_t hash = mix64(fnv1a64(word, kWordSeed));
    hashes.words.push_back(hash);
    hashes.words.push_back(mix64(previous * 3 + hash));
    previous = hash;
    append_character_hashes(word, &hashes.characters);
  }
  if (!hashes.words.empty()) hashes.words.push_back(mix64(previous * 3 + kEdge));
  return hashes;
}

NgramVocabulary::NgramVocabulary(std::vector<uint64_t> hashes, std::vector<float> idf)
    : hashes_(std::move(hashes)), idf_(std::move(idf)) {
  GANGLION_ASSERT(hashes_.size() == idf_.size() && hashes_.size() < (size_t{1} << 31));
  const int bucket_bits = std::max(1, static_cast<int>(std::bit_width(hashes_.size())));
  bucket_shift_ = 64 - bucket_bits;
  bucket_begins_.assign((size_t{1} << bucket_bits) + 1, 0);
  for (size_t i = 0; i < hashes_.size(); ++i) {
    GANGLION_ASSERT(i == 0 || hashes_[i - 1] < hashes_[i]);
    ++bucket_begins_[(hashes_[i] >> bucket_shift_) + 1];
  }
  for (size_t b = 1; b < bucket_begins_.size(); ++b) bucket_begins_[b] += bucket_begins_[b - 1];
}

NgramVocabulary NgramVocabulary::build(std::span<const std::string> texts) {
  struct Frequency {
    uint32_t num_texts = 0;
    size_t last_text = SIZE_MAX;
  };
  std::unordered_map<uint64_t, Frequency> frequencies;
  for (size_t text = 0; text < texts.size(); ++text) {
    const NgramHashes hashes = ngram_hashes(texts[text]);
    for (const auto* block : {&hashes.words, &hashes.characters}) {
      for (const uint64_t hash : *block) {
        Frequency& frequency = frequencies[hash];
        if (frequency.last_text == text) continue;
        frequency.last_text = text;
        ++frequency.num_texts;
      }
    }
  }
  std::vector<uint64_t> hashes;
  hashes.reserve(frequencies.size());
  for (const auto& [hash, frequency] : frequencies) hashes.push_back(hash);
  std::sort(hashes.begin(), hashes.end());
  std::vector<float> idf;
  idf.reserve(hashes.size());
  for (const uint64_t hash : hashes) {
    const double count = 1.0 + frequencies[hash].num_texts;
    const double ratio = (1.0 + static_cast<double>(texts.size())) / count;
    idf.push_back(static_cast<float>(1 + std::log(ratio)));
  }
  return {std::move(hashes), std::move(idf)};
}

uint32_t NgramVocabulary::find(uint64_t hash) const {
  if (hashes_.empty()) return kAbsent;
  const uint64_t bucket = hash >> bucket_shift_;
  const auto begin = hashes_.begin() + bucket_begins_[bucket];
  const auto end = hashes_.begin() + bucket_begins_[bucket + 1];
  const auto found = std::lower_bound(begin, end, hash);
  return found != end && *found == hash ? static_cast<uint32_t>(found - hashes_.begin()) : kAbsent;
}

size_t NgramVocabulary::append_block(std::span<const uint64_t> hashes, SparseVector* out) const {
  std::vector<uint32_t> ids;
  ids.reserve(hashes.size());
  for (const uint64_t hash : hashes) {
    const uint32_t id = find(hash);
    if (id != kAbsent) ids.push_back(id);
  }
  const size_t num_unknown = hashes.size() - ids.size();
  std::sort(ids.begin(), ids.end());
  const size_t first = out->ids.size();
  float squares = 0;
  for (size_t begin = 0; begin < ids.size();) {
    const size_t end = static_cast<size_t>(
        std::upper_bound(ids.begin() + static_cast<ptrdiff_t>(begin), ids.end(), ids[begin]) -
        ids.begin());
    const auto count = static_cast<float>(end - begin);
    const float value = (1 + std::log(count)) * idf_[ids[begin]];
    out->ids.push_back(ids[begin]);
    out->values.push_back(value);
    squares += value * value;
    begin = end;
  }
  if (squares > 0) {
    const float scale = 1 / std::sqrt(squares);
    for (size_t i = first; i < out->values.size(); ++i) out->values[i] *= scale;
  }
  return num_unknown;
}

NgramFeatures NgramVocabulary::features(std::string_view text) const {
  const NgramHashes hashes = ngram_hashes(text);
  NgramFeatures features;
  const size_t num_unknown = append_block(hashes.words, &features.vector);
  append_block(hashes.characters, &features.vector);
  if (!hashes.words.empty()) {
    features.unknown_share =
        static_cast<float>(num_unknown) / static_cast<float>(hashes.words.size());
  }
  return features;
}

}  // namespace ganglion
