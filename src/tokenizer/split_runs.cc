// The simple expressions of split_words.h: runs of one set of characters.
#include <algorithm>
#include <array>

#include "tokenizer/split_words.h"

namespace ganglion::splits {
namespace {

constexpr std::string_view kMark = "\u2581";  // "▁"

struct CharRange {
  char32_t first;
  char32_t last;
};

// The letters that have case, of the scripts that DeepSeek LLM's expression names.
constexpr std::array<CharRange, 87> kCasedLetters = {
    {{0x41, 0x5A},       {0x61, 0x7A},       {0xB5, 0xB5},       {0xC0, 0xD6},
     {0xD8, 0xF6},       {0xF8, 0x1BA},      {0x1BC, 0x1BF},     {0x1C4, 0x293},
     {0x295, 0x2AF},     {0x370, 0x373},     {0x376, 0x376},     {0x377, 0x377},
     {0x37B, 0x37D},     {0x37F, 0x37F},     {0x386, 0x386},     {0x388, 0x38A},
     {0x38C, 0x38C},     {0x38E, 0x3A1},     {0x3A3, 0x3F5},     {0x3F7, 0x481},
     {0x48A, 0x52F},     {0x531, 0x556},     {0x10A0, 0x10C5},   {0x13A0, 0x13F5},
     {0x13F8, 0x13FD},   {0x1C90, 0x1CBA},   {0x1CBD, 0x1CBF},   {0x1D00, 0x1D2B},
     {0x1D6B, 0x1D77},   {0x1D79, 0x1D9A},   {0x1E00, 0x1F15},   {0x1F18, 0x1F1D},
     {0x1F20, 0x1F45},   {0x1F48, 0x1F4D},   {0x1F50, 0x1F57},   {0x1F59, 0x1F59},
     {0x1F5B, 0x1F5B},   {0x1F5D, 0x1F5D},   {0x1F5F, 0x1F7D},   {0x1F80, 0x1FB4},
     {0x1FB6, 0x1FBC},   {0x1FBE, 0x1FBE},   {0x1FC2, 0x1FC4},   {0x1FC6, 0x1FCC},
     {0x1FD0, 0x1FD3},   {0x1FD6, 0x1FDB},   {0x1FE0, 0x1FEC},   {0x1FF2, 0x1FF4},
     {0x1FF6, 0x1FFC},   {0x2102, 0x2102},   {0x2107, 0x2107},   {0x210A, 0x2113},
     {0x2115, 0x2115},   {0x2119, 0x211D},   {0x2124, 0x2124},   {0x2126, 0x2126},
     {0x2128, 0x2128},   {0x212A, 0x212D},   {0x212F, 0x2134},   {0x2139, 0x2139},
     {0x213C, 0x213F},   {0x2145, 0x2149},   {0x214E, 0x214E},   {0x2183, 0x2183},
     {0x2184, 0x2184},   {0x2C00, 0x2C7B},   {0x2C7E, 0x2CE4},   {0x2CEB, 0x2CEE},
     {0x2CF2, 0x2CF2},   {0x2CF3, 0x2CF3},   {0xA640, 0xA66D},   {0xA680, 0xA69B},
     {0xA722, 0xA76F},   {0xA771, 0xA787},   {0xA78B, 0xA78E},   {0xAB70, 0xABBF},
     {0xFB00, 0xFB06},   {0xFB13, 0xFB17},   {0xFF21, 0xFF3A},   {0xFF41, 0xFF5A},
     {0x10400, 0x1044F}, {0x104B0, 0x104D3}, {0x104D8, 0x104FB}, {0x10C80, 0x10CB2},
     {0x10CC0, 0x10CF2}, {0x118A0, 0x118DF}, {0x1E900, 0x1E943}}};
constexpr std::array<CharRange, 6> kWidePunctuation = {{{'!', '/'},
                                                        {':', '~'},
                                                        {0x2018, 0x201F},
                                                        {0x3000, 0x3002},
                                                        {0xFF01, 0xFF0F},
                                                        {0xFF1A, 0xFF5E}}};
constexpr std::array<CharRange, 2> kHanOrHangul = {{{0x0800, 0x9FA5}, {0xAC00, 0xD7FF}}};
constexpr std::array<CharRange, 2> kHanOrKana = {{{0x3040, 0x30FF}, {0x4E00, 0x9FA5}}};

template <size_t kSize>
bool is_in(const std::array<CharRange, kSize>& ranges, char32_t value) {
  const auto* const range =
      std::lower_bound(ranges.begin(), ranges.end(), value,
                       [](const CharRange& candidate, char32_t c) { return candidate.last < c; });
  return range != ranges.end() && value >= range->first;
}

// \s?[…]+, or `offset`. No set holds a blank but U+3000, which the blank takes first.
template <typename Predicate>
size_t spaced_run(const CharClasses& classes, std::string_view text, size_t offset,
                  Predicate matches) {
  const ClassifiedChar c = classes.at(text, offset);
  if ((c.char_class & kSpaceChar) != 0) {
    const size_t from = offset + c.num_bytes;
    const size_t end = skip_while(classes, text, from, matches);
    if (end != from) return end;
  }
  return skip_while(classes, text, offset, matches);
}

bool is_math_sign(char32_t c) {
  return std::u32string_view(U"$+<=>^~|").find(c) != std::u32string_view::npos;
}

}  // namespace

size_t newline(const CharClasses& /*classes*/, std::string_view text, size_t offset) {
  return text[offset] == '\r' || text[offset] == '\n' ? offset + 1 : offset;
}

size_t newline_runs(const CharClasses& /*classes*/, std::string_view text, size_t offset) {
  const size_t end =
      text[offset] == '\n' ? text.find_first_not_of('\n', offset) : text.find('\n', offset);
  return std::min(end, text.size());
}

size_t number(const CharClasses& classes, std::string_view text, size_t offset) {
  const ClassifiedChar c = classes.at(text, offset);
  return (c.char_class & kNumberChar) != 0 ? offset + c.num_bytes : offset;
}

size_t numbers(const CharClasses& classes, std::string_view text, size_t offset) {
  return skip_while(classes, text, offset,
                    [](const ClassifiedChar& c) { return (c.char_class & kNumberChar) != 0; });
}

size_t up_to_3_numbers(const CharClasses& classes, std::string_view text, size_t offset) {
  int count = 0;
  return skip_while(classes, text, offset, [&](const ClassifiedChar& c) {
    return (c.char_class & kNumberChar) != 0 && count++ < 3;
  });
}

size_t exactly_3_digits(const CharClasses& /*classes*/, std::string_view text, size_t offset) {
  if (text.size() - offset < 3) return offset;
  for (size_t i = offset; i < offset + 3; ++i) {
    if (text[i] < '0' || text[i] > '9') return offset;
  }
  return offset + 3;
}

size_t digit_bytes(const CharClasses& /*classes*/, std::string_view text, size_t offset) {
  const auto is_digit = [](char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return (value >= '0' && value <= '9') || value == 0xB2 || value == 0xB3 || value == 0xB9 ||
           (value >= 0xBC && value <= 0xBE);
  };
  while (offset < text.size() && is_digit(text[offset])) ++offset;
  return offset;
}

size_t spaced_letters(const CharClasses& classes, std::string_view text, size_t offset) {
  return spaced_run(classes, text, offset,
                    [](const ClassifiedChar& c) { return (c.char_class & kLetterChar) != 0; });
}

size_t spaced_punctuation(const CharClasses& classes, std::string_view text, size_t offset) {
  return spaced_run(classes, text, offset,
                    [](const ClassifiedChar& c) { return (c.char_class & kPunctuationChar) != 0; });
}

size_t spaced_cased_letters(const CharClasses& classes, std::string_view text, size_t offset) {
  return spaced_run(classes, text, offset,
                    [](const ClassifiedChar& c) { return is_in(kCasedLetters, c.value); });
}

size_t spaced_wide_punctuation(const CharClasses& classes, std::string_view text, size_t offset) {
  return spaced_run(classes, text, offset,
                    [](const ClassifiedChar& c) { return is_in(kWidePunctuation, c.value); });
}

size_t han_or_hangul(const CharClasses& classes, std::string_view text, size_t offset) {
  return skip_while(classes, text, offset,
                    [](const ClassifiedChar& c) { return is_in(kHanOrHangul, c.value); });
}

size_t han_or_kana(const CharClasses& classes, std::string_view text, size_t offset) {
  return skip_while(classes, text, offset,
                    [](const ClassifiedChar& c) { return is_in(kHanOrKana, c.value); });
}

size_t punctuation_or_math(const CharClasses& classes, std::string_view text, size_t offset) {
  return skip_while(classes, text, offset, [](const ClassifiedChar& c) {
    return (c.char_class & kPunctuationChar) != 0 || is_math_sign(c.value);
  });
}

size_t punctuation_math_or_tick(const CharClasses& classes, std::string_view text, size_t offset) {
  return skip_while(classes, text, offset, [](const ClassifiedChar& c) {
    return (c.char_class & kPunctuationChar) != 0 || is_math_sign(c.value) || c.value == '`';
  });
}

size_t punctuation_runs(const CharClasses& classes, std::string_view text, size_t offset) {
  return skip_while(classes, text, offset, [](const ClassifiedChar& c) {
    if (c.value < 0x80) return (c.char_class & (kPunctuationChar | kSymbolChar)) != 0;
    return was_punctuation_in_unicode_8(c.value);
  });
}

size_t marked_words(const CharClasses& /*classes*/, std::string_view text, size_t offset) {
  while (text.substr(offset).starts_with(kMark)) offset += kMark.size();
  return std::min(text.find(kMark, offset), text.size());
}

size_t each_mark(const CharClasses& /*classes*/, std::string_view text, size_t offset) {
  return std::min(text.find(kMark, offset + 1), text.size());
}

}  // namespace ganglion::splits
