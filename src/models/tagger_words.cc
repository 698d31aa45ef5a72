#include "models/tagger_words.h"

#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

enum class WordClass { kSpace, kLetters, kDigits, kSingle };

// Scripts written without spaces: a span may end after any of their characters.
bool is_ideograph(char32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

WordClass classify_code_point(char32_t c) {
  if (c < 0x80) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return WordClass::kLetters;
    if (c >= '0' && c <= '9') return WordClass::kDigits;
    return c == ' ' || (c >= '\t' && c <= '\r') ? WordClass::kSpace : WordClass::kSingle;
  }
  if (is_ideograph(c)) return WordClass::kSingle;
  if (is_letter(c) || is_nonspacing_mark(c)) return WordClass::kLetters;
  if (is_number(c)) return WordClass::kDigits;
  return is_space(c) ? WordClass::kSpace : WordClass::kSingle;
}

}  // namespace

std::vector<TaggerWord> split_tagger_words(std::string_view text) {
  std::vector<TaggerWord> words;
  WordClass open = WordClass::kSpace;
  for (size_t offset = 0; offset < text.size();) {
    const DecodedCodePoint point = decode_utf8(text, offset);
    const WordClass kind = classify_code_point(point.value);
    const auto begin = static_cast<uint32_t>(offset);
    offset += point.num_bytes;
    const bool joins = kind == open && (kind == WordClass::kLetters || kind == WordClass::kDigits);
    if (joins) {
      words.back().end = static_cast<uint32_t>(offset);
    } else if (kind != WordClass::kSpace) {
      words.push_back({begin, static_cast<uint32_t>(offset)});
    }
    open = kind;
  }
  return words;
}

size_t tagger_piece_end(std::string_view text, std::span<const TaggerWord> words, size_t begin) {
  if (words.size() - begin <= kMaxPieceWords) return words.size();
  const size_t limit = begin + kMaxPieceWords;
  for (size_t end = limit; end > begin + kMaxPieceWords / 2; --end) {
    const TaggerWord& last = words[end - 1];
    const auto gap = text.substr(last.end, words[end].begin - last.end);
    if (gap.find('\n') != std::string_view::npos) return end;
    if (!gap.empty() && (text[last.begin] == '.' || text[last.begin] == '?')) return end;
  }
  return limit;
}

}  // namespace ganglion
