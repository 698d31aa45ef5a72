// What pre-tokenizers ask about a code point, as bits of one byte.
// Source: Unicode 16 general categories, as the packages `tokenizers` 0.23 and `tiktoken` 0.14 have
// them (compared over every code point); ICU's, with what came after the version that it knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ganglion {

using CharClass = uint8_t;

inline constexpr CharClass kLetterChar = 1;  // L*
inline constexpr CharClass kNumberChar = 2;  // N*
inline constexpr CharClass kSpaceChar = 4;   // White_Space
inline constexpr CharClass kMarkChar = 8;    // M*
inline constexpr CharClass kPunctuationChar = 16;
inline constexpr CharClass kSymbolChar = 32;
inline constexpr CharClass kUpperChar = 64;   // Lu and Lt
inline constexpr CharClass kLowerChar = 128;  // Ll

struct ClassifiedChar {
  char32_t value;
  CharClass char_class;
  uint8_t num_bytes;
};

// Thread-safe. The first use builds a table of 64 KiB (about a millisecond).
class CharClasses {
 public:
  static const CharClasses& instance();

  CharClass of(char32_t code_point) const {
    return code_point < kTableSize ? table_[code_point] : of_high(code_point);
  }

  // The code point at `offset` of valid UTF-8.
  ClassifiedChar at(std::string_view text, size_t offset) const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data()) + offset;
    const char32_t first = bytes[0];
    if (first < 0x80) return {first, table_[first], 1};
    if (first < 0xE0) {
      const char32_t value = (first & 0x1F) << 6 | (bytes[1] & 0x3F);
      return {value, table_[value], 2};
    }
    if (first < 0xF0) {
      const char32_t value =
          (first & 0x0F) << 12 | static_cast<char32_t>(bytes[1] & 0x3F) << 6 | (bytes[2] & 0x3F);
      return {value, table_[value], 3};
    }
    const char32_t value = (first & 0x07) << 18 | static_cast<char32_t>(bytes[1] & 0x3F) << 12 |
                           static_cast<char32_t>(bytes[2] & 0x3F) << 6 | (bytes[3] & 0x3F);
    return {value, of_high(value), 4};
  }

 private:
  static constexpr char32_t kTableSize = 0x10000;

  CharClasses();
  static CharClass of_high(char32_t code_point);

  CharClass table_[kTableSize];
};

// As Unicode 8 had it: `tokenizers` tells punctuation, marks and control characters apart by tables
// of that version (its BERT parts and Punctuation; not its regular expressions).
bool existed_in_unicode_8(char32_t code_point);
bool was_punctuation_in_unicode_8(char32_t code_point);
bool was_nonspacing_mark_in_unicode_8(char32_t code_point);

// The simple lower case of a code point (Unicode 16).
char32_t lower_char(char32_t code_point);

// The end of the run of characters of `text`, from `offset` on, that satisfy `matches`.
template <typename Predicate>
inline size_t skip_while(const CharClasses& classes, std::string_view text, size_t offset,
                         Predicate matches) {
  while (offset < text.size()) {
    const ClassifiedChar c = classes.at(text, offset);
    if (!matches(c)) break;
    offset += c.num_bytes;
  }
  return offset;
}

}  // namespace ganglion
