// Text as index terms: words in lower case, without stop words, stemmed where asked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion {

struct TermOptions {
  bool stem = true;             // English: "returning" and "returned" are both "return"
  bool drop_stop_words = true;  // English: "the", "of", …
};

struct Word {
  std::string text{};  // lower case, composed (NFC), apostrophes and invisible characters removed
  size_t begin = 0;    // byte range [begin, end) in the source
  size_t end = 0;
};

// Runs of letters, digits and marks. Han, Hiragana and Katakana characters are words of their own,
// since these scripts put no space between words. Bytes that are not UTF-8 separate words.
std::vector<Word> split_words(std::string_view text);

// The terms under which `text` is found, in order, with repetitions.
std::vector<std::string> extract_terms(std::string_view text, const TermOptions& options = {});

}  // namespace ganglion
