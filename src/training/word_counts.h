// How often each word occurs in a text, cut and cleaned exactly as WordPiece cuts and cleans it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

struct WordCount {
  std::string word;  // lower case without accents; one punctuation mark is a word too
  uint64_t count = 0;
  bool operator==(const WordCount&) const = default;
};

struct WordTable {
  std::vector<std::string> alphabet;  // single characters, sorted
  std::vector<WordCount> words;       // sorted by falling count, then by word
  uint64_t total = 0;                 // sum of the counts
};

// Counts the words of `texts`, lower case and without accents. The alphabet is printable ASCII and
// every other character that occurs at least `min_character_count` times; a word with a character
// outside it is not counted. kInvalidArgument when there is no word at all.
Result<WordTable> count_words(std::span<const std::string> texts, uint64_t min_character_count);

// Adds frequencies that a vocabulary sorted by falling frequency implies: its word of rank r is
// counted as Zipf's law has it, the whole vocabulary as `total` words. Tokens that continue a word
// ("##…"), specials in brackets, single characters, and words outside the alphabet are passed over.
void add_ranked_vocabulary(std::span<const std::string> vocabulary, uint64_t total,
                           WordTable& table);

}  // namespace ganglion
