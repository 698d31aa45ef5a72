#include "retrieval/terms.h"

#include <algorithm>
#include <array>
#include <utility>

#include "retrieval/porter2.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

// The stop words of Lucene's EnglishAnalyzer and those that requests are full of. Sorted.
constexpr auto kStopWords = std::to_array<std::string_view>(
    {"a",     "am",    "an",    "and",    "are",   "as",   "at",    "be",     "been",
     "but",   "by",    "can",   "could",  "did",   "do",   "does",  "for",    "from",
     "had",   "has",   "have",  "he",     "hello", "hi",   "his",   "how",    "i",
     "if",    "im",    "in",    "into",   "is",    "it",   "its",   "ive",    "me",
     "my",    "no",    "not",   "of",     "on",    "or",   "our",   "please", "she",
     "so",    "such",  "thank", "thanks", "that",  "the",  "their", "then",   "there",
     "these", "they",  "this",  "to",     "was",   "we",   "were",  "what",   "when",
     "where", "which", "who",   "why",    "will",  "with", "would", "you",    "your"});
static_assert(std::ranges::is_sorted(kStopWords));

bool is_stop_word(std::string_view word) {
  return std::binary_search(kStopWords.begin(), kStopWords.end(), word);
}

bool is_ideograph(char32_t c) {
  return (c >= 0x3041 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

bool is_apostrophe(char32_t c) { return c == '\'' || c == 0x2019 || c == 0x02BC; }

// Soft hyphens, zero-width characters and the like neither show nor separate.
bool is_invisible(char32_t c) {
  return c == 0xAD || (c >= 0x200B && c <= 0x200F) || c == 0x2060 || c == 0xFEFF;
}

bool is_word_character(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_letter(c) || is_number(c) || is_nonspacing_mark(c);
}

class WordSplitter {
 public:
  explicit WordSplitter(std::string_view text) : text_(text) {}

  std::vector<Word> run() && {
    for (size_t offset = 0; offset < text_.size();) {
      const DecodedCodePoint next = decode_utf8(text_, offset);
      take(next.value, offset, offset + next.num_bytes);
      offset += next.num_bytes;
    }
    finish_word();
    return std::move(words_);
  }

 private:
  void take(char32_t c, size_t begin, size_t end) {
    if (is_ideograph(c)) {
      finish_word();
      append(c, begin, end);
      finish_word();
    } else if (is_word_character(c)) {
      append(c, begin, end);
    } else if (!is_invisible(c) && !(is_apostrophe(c) && !word_.text.empty())) {
      finish_word();
    }
  }

  void append(char32_t c, size_t begin, size_t end) {
    if (word_.text.empty()) word_.begin = begin;
    word_.end = end;
    is_ascii_ = is_ascii_ && c < 0x80;
    if (c < 0x80) {
      word_.text += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    } else {
      append_utf8(word_.text, c);
    }
  }

  void finish_word() {
    if (word_.text.empty()) return;
    if (!is_ascii_) word_.text = nfc(to_lower(word_.text));
    words_.push_back(std::exchange(word_, {}));
    is_ascii_ = true;
  }

  std::string_view text_;
  Word word_;
  bool is_ascii_ = true;
  std::vector<Word> words_;
};

}  // namespace

std::vector<Word> split_words(std::string_view text) { return WordSplitter(text).run(); }

std::vector<std::string> extract_terms(std::string_view text, const TermOptions& options) {
  std::vector<std::string> terms;
  for (Word& word : split_words(text)) {
    if (options.drop_stop_words && is_stop_word(word.text)) continue;
    if (options.stem) stem_english(word.text);
    terms.push_back(std::move(word.text));
  }
  return terms;
}

}  // namespace ganglion
