#include "tokenizer/split_words.h"

namespace ganglion::splits {
namespace {

constexpr CharClass kWordOrSpace = kLetterChar | kNumberChar | kSpaceChar;

constexpr bool is_newline(char32_t c) { return c == '\r' || c == '\n'; }

inline size_t run_of(const CharClasses& classes, std::string_view text, size_t offset,
                     CharClass any_of) {
  return skip_while(classes, text, offset,
                    [any_of](const ClassifiedChar& c) { return (c.char_class & any_of) != 0; });
}

inline size_t run_without(const CharClasses& classes, std::string_view text, size_t offset,
                          CharClass none_of) {
  return skip_while(classes, text, offset,
                    [none_of](const ClassifiedChar& c) { return (c.char_class & none_of) == 0; });
}

size_t at_most_3(const CharClasses& classes, std::string_view text, size_t offset) {
  for (int count = 0; count < 3 && offset < text.size(); ++count) {
    const ClassifiedChar c = classes.at(text, offset);
    if ((c.char_class & kNumberChar) == 0) break;
    offset += c.num_bytes;
  }
  return offset;
}

// 's|'t|'re|'ve|'m|'ll|'d, where text[offset] is an apostrophe. `any_case` is Unicode's: the long s
// is an s.
size_t contraction(std::string_view text, size_t offset, bool any_case) {
  const auto letter = [&](size_t i) {
    if (i >= text.size()) return '\0';
    const char c = text[i];
    return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  };
  const char first = letter(offset + 1);
  const char second = letter(offset + 2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return offset + 2;
  if ((first == 'r' || first == 'v') && second == 'e') return offset + 3;
  if (first == 'l' && second == 'l') return offset + 3;
  constexpr std::string_view kLongS = "\u017F";
  if (any_case && text.substr(offset + 1).starts_with(kLongS)) return offset + 1 + kLongS.size();
  return offset;
}

// \s*[\r\n]+ where `newlines` says so, else \s+(?!\S)|\s+. text[offset] is blank.
size_t spaces(const CharClasses& classes, std::string_view text, size_t offset, bool newlines) {
  size_t last_begin = offset;
  size_t newline_end = offset;
  size_t end = offset;
  while (end < text.size()) {
    const ClassifiedChar c = classes.at(text, end);
    if ((c.char_class & kSpaceChar) == 0) break;
    last_begin = end;
    end += c.num_bytes;
    if (is_newline(c.value)) newline_end = end;
  }
  if (newlines && newline_end > offset) return newline_end;
  // What stands before a word belongs to the word, if it is one blank of several.
  return end == text.size() || last_begin == offset ? end : last_begin;
}

struct WordRules {
  bool single_numbers = false;
  CharClass word_chars = kLetterChar;
  CharClass not_signs = kWordOrSpace;
  bool signs_end_at_newline = false;
  bool slash_after_signs = false;
};

// ` ?[signs]+[\r\n]*`, or `offset`.
template <WordRules kRules>
inline size_t signs(const CharClasses& classes, std::string_view text, size_t offset,
                    const ClassifiedChar& c) {
  size_t from = offset;
  if (c.value == ' ' && offset + 1 < text.size()) from = offset + 1;
  if ((classes.at(text, from).char_class & kRules.not_signs) != 0) return offset;
  size_t end = run_without(classes, text, from, kRules.not_signs);
  if (kRules.signs_end_at_newline) return end;
  while (end < text.size() && (is_newline(static_cast<unsigned char>(text[end])) ||
                               (kRules.slash_after_signs && text[end] == '/'))) {
    ++end;
  }
  return end;
}

// All alternatives of the llama3 kind of expression that come after its words.
template <WordRules kRules>
inline size_t numbers_signs_spaces(const CharClasses& classes, std::string_view text, size_t offset,
                                   const ClassifiedChar& c) {
  if ((c.char_class & kNumberChar) != 0) {
    return kRules.single_numbers ? offset + c.num_bytes : at_most_3(classes, text, offset);
  }
  const size_t end = signs<kRules>(classes, text, offset, c);
  if (end != offset || (c.char_class & kSpaceChar) == 0) return end;
  return spaces(classes, text, offset, true);
}

template <WordRules kRules>
inline size_t prefixed_words(const CharClasses& classes, std::string_view text, size_t offset) {
  const ClassifiedChar c = classes.at(text, offset);
  if (c.value == '\'') {
    const size_t end = contraction(text, offset, true);
    if (end != offset) return end;
  }
  if ((c.char_class & kRules.word_chars) != 0) {
    return run_of(classes, text, offset + c.num_bytes, kRules.word_chars);
  }
  const size_t next = offset + c.num_bytes;
  if (next < text.size() && (c.char_class & kNumberChar) == 0 && !is_newline(c.value)) {
    const size_t end = run_of(classes, text, next, kRules.word_chars);
    if (end != next) return end;
  }
  return numbers_signs_spaces<kRules>(classes, text, offset, c);
}

// [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}] and [\p{Ll}\p{Lm}\p{Lo}\p{M}]
constexpr bool may_be_upper(CharClass c) {
  return (c & (kLetterChar | kMarkChar)) != 0 && (c & kLowerChar) == 0;
}
constexpr bool may_be_lower(CharClass c) {
  return (c & (kLetterChar | kMarkChar)) != 0 && (c & kUpperChar) == 0;
}

// upper*lower+ with backtracking, or `offset`.
size_t upper_then_lower(const CharClasses& classes, std::string_view text, size_t offset) {
  size_t end = offset;
  size_t last_both = offset;  // the end of the last character that is in both sets
  while (end < text.size()) {
    const ClassifiedChar c = classes.at(text, end);
    if (!may_be_upper(c.char_class)) break;
    end += c.num_bytes;
    if (may_be_lower(c.char_class)) last_both = end;
  }
  const size_t lower_end = skip_while(
      classes, text, end, [](const ClassifiedChar& c) { return may_be_lower(c.char_class); });
  return lower_end != end ? lower_end : last_both;
}

// upper+lower*, or `offset`.
size_t upper_word(const CharClasses& classes, std::string_view text, size_t offset) {
  const size_t end = skip_while(classes, text, offset,
                                [](const ClassifiedChar& c) { return may_be_upper(c.char_class); });
  if (end == offset) return offset;
  return skip_while(classes, text, end,
                    [](const ClassifiedChar& c) { return may_be_lower(c.char_class); });
}

// A word by its letters' case: each of the two forms with the optional sign in front, then without.
size_t cased_word(const CharClasses& classes, std::string_view text, size_t offset,
                  const ClassifiedChar& c) {
  const bool may_be_prefix =
      (c.char_class & (kLetterChar | kNumberChar)) == 0 && !is_newline(c.value);
  const size_t next = offset + c.num_bytes;
  for (const auto form : {upper_then_lower, upper_word}) {
    if (may_be_prefix) {
      const size_t end = form(classes, text, next);
      if (end != next) return end;
    }
    const size_t end = form(classes, text, offset);
    if (end != offset) return end;
  }
  return offset;
}

template <WordRules kRules>
inline size_t cased_words(const CharClasses& classes, std::string_view text, size_t offset,
                          bool contractions) {
  const ClassifiedChar c = classes.at(text, offset);
  const size_t end = cased_word(classes, text, offset, c);
  if (end == offset) return numbers_signs_spaces<kRules>(classes, text, offset, c);
  if (!contractions || end == text.size() || text[end] != '\'') return end;
  return contraction(text, end, true);
}

}  // namespace

size_t gpt2_words(const CharClasses& classes, std::string_view text, size_t offset) {
  ClassifiedChar c = classes.at(text, offset);
  if (c.value == '\'') {
    const size_t end = contraction(text, offset, false);
    if (end != offset) return end;
  }
  size_t from = offset;
  if (c.value == ' ' && offset + 1 < text.size()) {
    from = offset + 1;
    c = classes.at(text, from);
  }
  if ((c.char_class & kSpaceChar) != 0) return spaces(classes, text, offset, false);
  const size_t next = from + c.num_bytes;
  if ((c.char_class & kLetterChar) != 0) return run_of(classes, text, next, kLetterChar);
  if ((c.char_class & kNumberChar) != 0) return run_of(classes, text, next, kNumberChar);
  return run_without(classes, text, next, kWordOrSpace);
}

size_t llama3_words(const CharClasses& classes, std::string_view text, size_t offset) {
  return prefixed_words<WordRules{}>(classes, text, offset);
}

size_t qwen2_words(const CharClasses& classes, std::string_view text, size_t offset) {
  return prefixed_words<WordRules{.single_numbers = true}>(classes, text, offset);
}

size_t qwen35_words(const CharClasses& classes, std::string_view text, size_t offset) {
  return prefixed_words<WordRules{.single_numbers = true,
                                  .word_chars = kLetterChar | kMarkChar,
                                  .not_signs = kWordOrSpace | kMarkChar}>(classes, text, offset);
}

size_t seed_coder_words(const CharClasses& classes, std::string_view text, size_t offset) {
  return prefixed_words<WordRules{.single_numbers = true, .signs_end_at_newline = true}>(
      classes, text, offset);
}

size_t gpt4o_words(const CharClasses& classes, std::string_view text, size_t offset) {
  return cased_words<WordRules{.slash_after_signs = true}>(classes, text, offset, true);
}

size_t tekken_words(const CharClasses& classes, std::string_view text, size_t offset) {
  return cased_words<WordRules{.single_numbers = true, .slash_after_signs = true}>(classes, text,
                                                                                   offset, false);
}

size_t deepseek_v3_words(const CharClasses& classes, std::string_view text, size_t offset) {
  constexpr CharClass kWord = kLetterChar | kMarkChar;
  constexpr CharClass kSign = kPunctuationChar | kSymbolChar;
  const ClassifiedChar c = classes.at(text, offset);
  const size_t next = offset + c.num_bytes;
  if (c.value < 0x80 && (c.char_class & kSign) != 0) {
    const size_t end = skip_while(classes, text, next, [](const ClassifiedChar& letter) {
      return letter.value < 0x80 && (letter.char_class & kLetterChar) != 0;
    });
    if (end != next) return end;
  }
  if ((c.char_class & (kLetterChar | kSign)) == 0 && !is_newline(c.value)) {
    const size_t end = run_of(classes, text, next, kWord);
    if (end != next) return end;
  }
  if ((c.char_class & kWord) != 0) return run_of(classes, text, next, kWord);
  const size_t from = c.value == ' ' ? next : offset;
  size_t end = run_of(classes, text, from, kSign);
  if (end != from) {
    while (end < text.size() && is_newline(static_cast<unsigned char>(text[end]))) ++end;
    return end;
  }
  return (c.char_class & kSpaceChar) != 0 ? spaces(classes, text, offset, true) : offset;
}

size_t bloom_words(const CharClasses& classes, std::string_view text, size_t offset) {
  constexpr std::u32string_view kStops = U"(|.,!?…。，、।۔،)";
  const size_t from = text[offset] == ' ' ? offset + 1 : offset;
  const size_t end = skip_while(classes, text, from, [&](const ClassifiedChar& c) {
    return (c.char_class & kSpaceChar) == 0 && kStops.find(c.value) == kStops.npos;
  });
  return end == from ? offset : end;
}

size_t clip_words(const CharClasses& classes, std::string_view text, size_t offset) {
  for (const std::string_view mark : {"<|startoftext|>", "<|endoftext|>"}) {
    if (text.substr(offset).starts_with(mark)) return offset + mark.size();
  }
  const ClassifiedChar c = classes.at(text, offset);
  if (c.value == '\'') {
    const size_t end = contraction(text, offset, false);
    if (end != offset) return end;
  }
  const size_t next = offset + c.num_bytes;
  if ((c.char_class & kLetterChar) != 0) return run_of(classes, text, next, kLetterChar);
  if ((c.char_class & kNumberChar) != 0) return next;
  if ((c.char_class & kSpaceChar) != 0) return offset;
  return run_without(classes, text, next, kWordOrSpace);
}

}  // namespace ganglion::splits
