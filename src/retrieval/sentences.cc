#include <algorithm>
#include <array>
#include <string_view>

#include "retrieval/markdown_lines.h"
#include "retrieval/passages.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

// Lower case, without the last full stop; sorted.
constexpr auto kAbbreviations = std::to_array<std::string_view>(
    {"approx", "art", "bzw", "ca", "co", "corp", "dr",   "e.g", "etc", "fig", "i.e", "inc", "jr",
     "ltd",    "mr",  "mrs", "ms", "nr", "p.s",  "prof", "sr",  "st",  "tel", "vs",  "z.b"});
static_assert(std::ranges::is_sorted(kAbbreviations));

bool is_terminator(char32_t c) {
  return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x3002 || c == 0xFF01 ||
         c == 0xFF1F;
}

// These end a sentence without a space after them.
bool is_wide_terminator(char32_t c) { return c == 0x3002 || c == 0xFF01 || c == 0xFF1F; }

// Marks that may stand between the full stop and the space, Markdown emphasis among them.
bool is_closer(char32_t c) {
  return c == '"' || c == '\'' || c == ')' || c == ']' || c == '*' || c == '_' || c == 0x2019 ||
         c == 0x201D || c == 0xBB;
}

// Whether the full stop at `dot` belongs to an abbreviation or an initial.
bool is_abbreviation(std::string_view text, size_t begin, size_t dot) {
  size_t word = dot;
  while (word > begin &&
         std::string_view(" \t\n([\"'*").find(text[word - 1]) == std::string_view::npos) {
    --word;
  }
  const std::string before = to_lower(text.substr(word, dot - word));
  // A single letter is an initial, unless it is a whole word such as "I".
  if (before.size() == 1 && before[0] >= 'a' && before[0] <= 'z' && before[0] != 'i') return true;
  const bool is_number = std::ranges::all_of(before, [](char c) { return c >= '0' && c <= '9'; });
  if (is_number && word == begin) return true;  // of a list item
  return std::binary_search(kAbbreviations.begin(), kAbbreviations.end(), before);
}

// The end of the sentence whose terminator is at `offset`, or npos where none ends there.
size_t sentence_end(std::string_view text, ByteRange block, size_t offset) {
  const DecodedCodePoint mark = decode_utf8(text, offset);
  if (!is_terminator(mark.value)) return std::string_view::npos;
  size_t end = offset + mark.num_bytes;
  while (end < block.end) {
    const DecodedCodePoint next = decode_utf8(text, end);
    if (!is_terminator(next.value) && !is_closer(next.value)) break;
    end += next.num_bytes;
  }
  if (end >= block.end || is_wide_terminator(mark.value)) return std::min(end, block.end);
  if (!is_space(decode_utf8(text, end).value)) return std::string_view::npos;
  if (mark.value == '.' && is_abbreviation(text, block.begin, offset)) {
    return std::string_view::npos;
  }
  size_t next = end;
  while (next < block.end && is_space(decode_utf8(text, next).value)) {
    next += decode_utf8(text, next).num_bytes;
  }
  // "approx. three": what goes on in lower case is the same sentence.
  const char32_t first = next < block.end ? decode_utf8(text, next).value : U'A';
  const bool goes_on =
      is_letter(first) && lower_code_point(first) == first && !is_upper(first) && first < 0x250;
  return goes_on ? std::string_view::npos : end;
}

void split_block(std::string_view text, ByteRange block, std::vector<ByteRange>& sentences) {
  size_t begin = block.begin;
  for (size_t offset = block.begin; offset < block.end;) {
    const size_t end = sentence_end(text, block, offset);
    if (end == std::string_view::npos) {
      offset += decode_utf8(text, offset).num_bytes;
      continue;
    }
    const ByteRange sentence = trim_blanks(text, {begin, end});
    if (sentence.size() > 0) sentences.push_back(sentence);
    begin = offset = end;
  }
  const ByteRange rest = trim_blanks(text, {begin, block.end});
  if (rest.size() > 0) sentences.push_back(rest);
}

// Where the words of a list item begin: after its mark, or its marks ("- 1. Open it").
size_t list_item_begin(std::string_view text, ByteRange line) {
  ByteRange rest = trim_blanks(text, line);
  while (const size_t mark = list_mark_size(rest.in(text))) {
    rest = trim_blanks(text, {rest.begin + mark, rest.end});
  }
  return rest.begin;
}

}  // namespace

std::vector<ByteRange> split_sentences(std::string_view text, ByteRange range) {
  std::vector<ByteRange> sentences;
  ByteRange block{range.begin, range.begin};
  for (const MarkdownLine& line : split_markdown_lines(range.in(text))) {
    const ByteRange place{range.begin + line.range.begin, range.begin + line.range.end};
    const bool continues = line.kind == LineKind::kText || line.kind == LineKind::kCode;
    if (!continues) {
      split_block(text, block, sentences);
      block.begin = line.kind == LineKind::kListItem ? list_item_begin(text, place) : place.end;
    }
    block.end = place.end;
  }
  split_block(text, block, sentences);
  return sentences;
}

}  // namespace ganglion
