// The expressions of pre_tokenizer.h, one function each.
// A function gives the end of the match that begins at `offset` < text.size(), or `offset` when
// there is none. `text` is valid UTF-8; its end is the end of the piece. All together they look at
// each byte a bounded number of times.
#pragma once

#include <cstddef>
#include <string_view>

#include "tokenizer/char_class.h"

namespace ganglion::splits {

using Matcher = size_t (*)(const CharClasses& classes, std::string_view text, size_t offset);

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
size_t gpt2_words(const CharClasses& classes, std::string_view text, size_t offset);
// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|
// \s*[\r\n]+|\s+(?!\S)|\s+
size_t llama3_words(const CharClasses& classes, std::string_view text, size_t offset);
// The same with \p{N}.
size_t qwen2_words(const CharClasses& classes, std::string_view text, size_t offset);
// The same with [\p{L}\p{M}]+ for \p{L}+, and marks excluded where letters are as the third kind.
size_t qwen35_words(const CharClasses& classes, std::string_view text, size_t offset);
// qwen2's with ` ?[^\s\p{L}\p{N}\r\n]+`.
size_t seed_coder_words(const CharClasses& classes, std::string_view text, size_t offset);
// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|…)?|
// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|…)?|
// \p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
size_t gpt4o_words(const CharClasses& classes, std::string_view text, size_t offset);
// The same without contractions, and \p{N}.
size_t tekken_words(const CharClasses& classes, std::string_view text, size_t offset);
// [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|
//  ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
size_t deepseek_v3_words(const CharClasses& classes, std::string_view text, size_t offset);
// ` ?[^(\s|.,!?…。，、।۔،)]+`
size_t bloom_words(const CharClasses& classes, std::string_view text, size_t offset);
// <\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
size_t clip_words(const CharClasses& classes, std::string_view text, size_t offset);

size_t newline(const CharClasses& classes, std::string_view text, size_t offset);  // [\r\n]
// [^\n]+|[\n]+
size_t newline_runs(const CharClasses& classes, std::string_view text, size_t offset);
size_t number(const CharClasses& classes, std::string_view text, size_t offset);           // \p{N}
size_t numbers(const CharClasses& classes, std::string_view text, size_t offset);          // \p{N}+
size_t up_to_3_numbers(const CharClasses& classes, std::string_view text, size_t offset);  // {1,3}
// [0-9][0-9][0-9]
size_t exactly_3_digits(const CharClasses& classes, std::string_view text, size_t offset);
// \p{N}+ over the characters that GPT-2 spells bytes with: ASCII digits, and the bytes whose
// Latin-1 character is a number (² ³ ¹ ¼ ½ ¾). It is what a Digits stage behind a ByteLevel stage
// does.
size_t digit_bytes(const CharClasses& classes, std::string_view text, size_t offset);
// \s?\p{L}+
size_t spaced_letters(const CharClasses& classes, std::string_view text, size_t offset);
// \s?\p{P}+
size_t spaced_punctuation(const CharClasses& classes, std::string_view text, size_t offset);
// \s?[A-Za-zµÀ-Ö…]+: the letters that have case
size_t spaced_cased_letters(const CharClasses& classes, std::string_view text, size_t offset);
// \s?[!-/:-~！-／：-～‘-‟　-。]+
size_t spaced_wide_punctuation(const CharClasses& classes, std::string_view text, size_t offset);
// [一-龥ࠀ-一가-퟿]+
size_t han_or_hangul(const CharClasses& classes, std::string_view text, size_t offset);
// [一-龥぀-ゟ゠-ヿ]+
size_t han_or_kana(const CharClasses& classes, std::string_view text, size_t offset);
// [\p{P}\$\+<=>\^~\|]+
size_t punctuation_or_math(const CharClasses& classes, std::string_view text, size_t offset);
// [\p{P}\$\+<=>\^~\|`]+
size_t punctuation_math_or_tick(const CharClasses& classes, std::string_view text, size_t offset);
// \p{P} and ASCII's other signs, +
size_t punctuation_runs(const CharClasses& classes, std::string_view text, size_t offset);
// ▁*[^▁]*: words with the marks of the spaces in front of them
size_t marked_words(const CharClasses& classes, std::string_view text, size_t offset);
// ▁?[^▁]*: the same, but each mark begins a piece
size_t each_mark(const CharClasses& classes, std::string_view text, size_t offset);

}  // namespace ganglion::splits
