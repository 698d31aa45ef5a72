// The one pass over the text that all rule detectors share: words and numbers, and what stands
// between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ganglion {

// A maximal run of ASCII letters and digits and of non-ASCII letters; "_" ends a run.
struct Lexeme {
  enum Kind : uint8_t { kDigit = 1, kLower = 2, kUpper = 4, kNonAscii = 8 };

  uint32_t begin;  // bytes
  uint32_t end;
  uint8_t kinds;  // or-ed Kind of its characters
  // The single character up to the next lexeme; a no-break space counts as ' ' and the Unicode
  // hyphens as '-'. '\0' when there are several characters, another non-ASCII one, or no next.
  char gap;

  uint32_t size() const { return end - begin; }
  bool is_digits() const { return kinds == kDigit; }
  bool has_digit() const { return (kinds & kDigit) != 0; }
  bool has_letter() const { return (kinds & ~kDigit) != 0; }
  bool is_ascii() const { return (kinds & kNonAscii) == 0; }
};

// `text` is valid UTF-8 of less than 4 GiB. Linear time.
std::vector<Lexeme> split_lexemes(std::string_view text);

// Lower case without the accents of Latin-1 letters; other characters unchanged. At most
// `capacity` bytes are written; returns how many, 0 when `word` does not fit.
size_t fold_word(std::string_view word, char* buffer, size_t capacity);

}  // namespace ganglion
