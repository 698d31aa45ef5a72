#include "tokenizer/char_class.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>

#include "text/unicode.h"

namespace ganglion {
namespace {

struct ClassRange {
  char32_t first;
  char32_t last;
  CharClass char_class;
};

constexpr CharClass kOther = kLetterChar;
constexpr CharClass kUpper = kLetterChar | kUpperChar;
constexpr CharClass kLower = kLetterChar | kLowerChar;

// Assigned by Unicode 15.1 and 16, which ICU 72 does not know.
constexpr std::array<ClassRange, 73> kLaterCharacters = {{
    {0x897, 0x897, kMarkChar},
    {0x1B4E, 0x1B4F, kPunctuationChar},
    {0x1B7F, 0x1B7F, kPunctuationChar},
    {0x1C89, 0x1C89, kUpper},
    {0x1C8A, 0x1C8A, kLower},
    {0x2427, 0x2429, kSymbolChar},
    {0x2FFC, 0x2FFF, kSymbolChar},
    {0x31E4, 0x31E5, kSymbolChar},
    {0x31EF, 0x31EF, kSymbolChar},
    {0xA7CB, 0xA7CC, kUpper},
    {0xA7CD, 0xA7CD, kLower},
    {0xA7DA, 0xA7DA, kUpper},
    {0xA7DB, 0xA7DB, kLower},
    {0xA7DC, 0xA7DC, kUpper},
    {0x105C0, 0x105F3, kOther},
    {0x10D40, 0x10D49, kNumberChar},
    {0x10D4A, 0x10D4F, kOther},
    {0x10D50, 0x10D65, kUpper},
    {0x10D69, 0x10D6D, kMarkChar},
    {0x10D6E, 0x10D6E, kPunctuationChar},
    {0x10D6F, 0x10D6F, kOther},
    {0x10D70, 0x10D85, kLower},
    {0x10D8E, 0x10D8F, kSymbolChar},
    {0x10EC2, 0x10EC4, kOther},
    {0x10EFC, 0x10EFC, kMarkChar},
    {0x11380, 0x11389, kOther},
    {0x1138B, 0x1138B, kOther},
    {0x1138E, 0x1138E, kOther},
    {0x11390, 0x113B5, kOther},
    {0x113B7, 0x113B7, kOther},
    {0x113B8, 0x113C0, kMarkChar},
    {0x113C2, 0x113C2, kMarkChar},
    {0x113C5, 0x113C5, kMarkChar},
    {0x113C7, 0x113CA, kMarkChar},
    {0x113CC, 0x113D0, kMarkChar},
    {0x113D1, 0x113D1, kOther},
    {0x113D2, 0x113D2, kMarkChar},
    {0x113D3, 0x113D3, kOther},
    {0x113D4, 0x113D5, kPunctuationChar},
    {0x113D7, 0x113D8, kPunctuationChar},
    {0x113E1, 0x113E2, kMarkChar},
    {0x116D0, 0x116E3, kNumberChar},
    {0x11BC0, 0x11BE0, kOther},
    {0x11BE1, 0x11BE1, kPunctuationChar},
    {0x11BF0, 0x11BF9, kNumberChar},
    {0x11F5A, 0x11F5A, kMarkChar},
    {0x13460, 0x143FA, kOther},
    {0x16100, 0x1611D, kOther},
    {0x1611E, 0x1612F, kMarkChar},
    {0x16130, 0x16139, kNumberChar},
    {0x16D40, 0x16D6C, kOther},
    {0x16D6D, 0x16D6F, kPunctuationChar},
    {0x16D70, 0x16D79, kNumberChar},
    {0x18CFF, 0x18CFF, kOther},
    {0x1CC00, 0x1CCEF, kSymbolChar},
    {0x1CCF0, 0x1CCF9, kNumberChar},
    {0x1CD00, 0x1CEB3, kSymbolChar},
    {0x1E5D0, 0x1E5ED, kOther},
    {0x1E5EE, 0x1E5EF, kMarkChar},
    {0x1E5F0, 0x1E5F0, kOther},
    {0x1E5F1, 0x1E5FA, kNumberChar},
    {0x1E5FF, 0x1E5FF, kPunctuationChar},
    {0x1F8B2, 0x1F8BB, kSymbolChar},
    {0x1F8C0, 0x1F8C1, kSymbolChar},
    {0x1FA89, 0x1FA89, kSymbolChar},
    {0x1FA8F, 0x1FA8F, kSymbolChar},
    {0x1FABE, 0x1FABE, kSymbolChar},
    {0x1FAC6, 0x1FAC6, kSymbolChar},
    {0x1FADC, 0x1FADC, kSymbolChar},
    {0x1FADF, 0x1FADF, kSymbolChar},
    {0x1FAE9, 0x1FAE9, kSymbolChar},
    {0x1FBCB, 0x1FBEF, kSymbolChar},
    {0x2EBF0, 0x2EE5D, kOther},
}};

CharClass later_class(char32_t code_point) {
  const auto* const range = std::lower_bound(
      kLaterCharacters.begin(), kLaterCharacters.end(), code_point,
      [](const ClassRange& candidate, char32_t value) { return candidate.last < value; });
  return range == kLaterCharacters.end() || code_point < range->first ? CharClass{0}
                                                                      : range->char_class;
}

CharClass class_of(char32_t code_point) {
  const auto value = static_cast<UChar32>(code_point);
  const int8_t category = u_charType(value);
  if (category == U_UNASSIGNED) return later_class(code_point);
  const uint32_t mask = U_MASK(category);
  uint32_t result = 0;
  if ((mask & U_GC_L_MASK) != 0) result |= kLetterChar;
  if ((mask & (U_GC_LU_MASK | U_GC_LT_MASK)) != 0) result |= kUpperChar;
  if ((mask & U_GC_LL_MASK) != 0) result |= kLowerChar;
  if ((mask & U_GC_N_MASK) != 0) result |= kNumberChar;
  if ((mask & U_GC_M_MASK) != 0) result |= kMarkChar;
  if ((mask & U_GC_P_MASK) != 0) result |= kPunctuationChar;
  if ((mask & U_GC_S_MASK) != 0) result |= kSymbolChar;
  if (u_isUWhiteSpace(value) != 0) result |= kSpaceChar;
  return static_cast<CharClass>(result);
}

}  // namespace

bool existed_in_unicode_8(char32_t code_point) {
  UVersionInfo age = {};
  u_charAge(static_cast<UChar32>(code_point), age);
  return age[0] <= 8;
}

bool was_punctuation_in_unicode_8(char32_t code_point) {
  if (code_point == 0x166D || code_point == 0x111C9) return true;  // a symbol and a mark since
  return is_punctuation(code_point) && existed_in_unicode_8(code_point);
}

bool was_nonspacing_mark_in_unicode_8(char32_t code_point) {
  switch (code_point) {
    case 0x1734:  // a spacing mark since
      return true;
    case 0x1885:  // letters then
    case 0x1886:
    case 0xA9BD:   // a spacing mark then
    case 0x111C9:  // punctuation then
      return false;
    default:
      return is_nonspacing_mark(code_point) && existed_in_unicode_8(code_point);
  }
}

char32_t lower_char(char32_t code_point) {
  // Capitals that came with Unicode 16.
  if (code_point >= 0x10D50 && code_point <= 0x10D65) return code_point + 0x20;
  switch (code_point) {
    case 0x1C89:
    case 0xA7CC:
    case 0xA7DA:
      return code_point + 1;
    case 0xA7CB:
      return 0x264;
    case 0xA7DC:
      return 0x19B;
    default:
      return static_cast<char32_t>(u_tolower(static_cast<UChar32>(code_point)));
  }
}

CharClasses::CharClasses() {
  for (char32_t c = 0; c < kTableSize; ++c) table_[c] = class_of(c);
}

const CharClasses& CharClasses::instance() {
  static const CharClasses kClasses;
  return kClasses;
}

CharClass CharClasses::of_high(char32_t code_point) { return class_of(code_point); }

}  // namespace ganglion
