#include "guard/lexeme.h"

#include <array>

#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr std::array<uint8_t, 128> ascii_kinds() {
  std::array<uint8_t, 128> kinds{};
  for (unsigned char c = '0'; c <= '9'; ++c) kinds[c] = Lexeme::kDigit;
  for (unsigned char c = 'a'; c <= 'z'; ++c) kinds[c] = Lexeme::kLower;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) kinds[c] = Lexeme::kUpper;
  return kinds;
}
constexpr std::array<uint8_t, 128> kAsciiKinds = ascii_kinds();

// Punctuation and spaces outside ASCII, by block; everything else is taken for a letter.
bool is_separator(char32_t c) {
  if (c < 0xC0) return c != 0xAA && c != 0xBA;
  return c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x206F) || (c >= 0x20A0 && c <= 0x20CF) ||
         (c >= 0x2190 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x3020) ||
         (c >= 0xFF00 && c <= 0xFF0F) || c == 0xFEFF || c == 0xFFFD || c >= 0x1F000;
}

char separator_alias(char32_t c) {
  if (c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x3000) return ' ';
  if (c >= 0x2010 && c <= 0x2015) return '-';
  return '\0';
}

// One character: its kinds (0 for a separator), its size, and its name as a separator.
struct Character {
  uint8_t kinds;
  uint8_t num_bytes;
  char alias;
};

inline Character character_at(std::string_view text, size_t offset) {
  const auto byte = static_cast<unsigned char>(text[offset]);
  if (byte < 0x80) return {kAsciiKinds[byte], 1, text[offset]};
  const DecodedCodePoint decoded = decode_utf8(text, offset);
  const auto num_bytes = static_cast<uint8_t>(decoded.num_bytes);
  if (!is_separator(decoded.value)) return {Lexeme::kNonAscii, num_bytes, '\0'};
  return {0, num_bytes, separator_alias(decoded.value)};
}

// U+00C0 to U+00FF without case and accent; '\0' where one letter does not do.
constexpr std::array<char, 65> kLatin1Folded = {
    "aaaaaa\0ceeeeiiii\0nooooo\0ouuuuy\0\0aaaaaa\0ceeeeiiii\0nooooo\0ouuuuy\0y"};

}  // namespace

std::vector<Lexeme> split_lexemes(std::string_view text) {
  std::vector<Lexeme> lexemes;
  lexemes.reserve(text.size() / 5 + 1);
  size_t offset = 0;
  while (offset < text.size()) {
    size_t num_separators = 0;
    char gap = '\0';
    Character character{};
    while (offset < text.size() && (character = character_at(text, offset)).kinds == 0) {
      gap = ++num_separators == 1 ? character.alias : '\0';
      offset += character.num_bytes;
    }
    if (offset >= text.size()) break;
    if (!lexemes.empty()) lexemes.back().gap = gap;
    Lexeme lexeme{static_cast<uint32_t>(offset), 0, 0, '\0'};
    while (offset < text.size() && (character = character_at(text, offset)).kinds != 0) {
      lexeme.kinds |= character.kinds;
      offset += character.num_bytes;
    }
    lexeme.end = static_cast<uint32_t>(offset);
    lexemes.push_back(lexeme);
  }
  return lexemes;
}

size_t fold_word(std::string_view word, char* buffer, size_t capacity) {
  size_t size = 0;
  for (size_t i = 0; i < word.size(); ++i) {
    if (size == capacity) return 0;
    const auto byte = static_cast<unsigned char>(word[i]);
    const bool latin1 = byte == 0xC3 && i + 1 < word.size();
    const char folded =
        latin1 ? kLatin1Folded[static_cast<unsigned char>(word[i + 1]) & 0x3F] : '\0';
    if (folded != '\0') {
      buffer[size++] = folded;
      ++i;
    } else {
      buffer[size++] = (kAsciiKinds[byte & 0x7F] & Lexeme::kUpper) != 0 && byte < 0x80
                           ? static_cast<char>(byte + 32)
                           : word[i];
    }
  }
  return size;
}

}  // namespace ganglion
