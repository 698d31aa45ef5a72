#include "tokenizer/added_tokens.h"

#include <algorithm>

#include "text/utf8.h"
#include "tokenizer/char_class.h"

namespace ganglion {
namespace {

constexpr size_t kMaxContentBytes = 256;

// \w: letters, marks, decimal digits and connectors.
bool is_word_char(const ClassifiedChar& c) {
  return (c.char_class & (kLetterChar | kMarkChar | kNumberChar)) != 0 || c.value == '_';
}

// Any bytes may come: what is not UTF-8 counts as U+FFFD.
ClassifiedChar char_at(std::string_view text, size_t offset) {
  const DecodedCodePoint c = decode_utf8(text, offset);
  return {c.value, CharClasses::instance().of(c.value), static_cast<uint8_t>(c.num_bytes)};
}

ClassifiedChar char_before(std::string_view text, size_t offset) {
  const size_t end = offset;
  size_t begin = offset - 1;
  while (begin > 0 && end - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) {
    --begin;
  }
  const ClassifiedChar c = char_at(text, begin);
  return begin + c.num_bytes == end ? c : char_at(text, end - 1);
}

// Whether one of `ranges`, which are in order, has a byte of [begin, end).
bool overlaps(std::span<const TokenSpan> ranges, size_t begin, size_t end) {
  const auto next =
      std::upper_bound(ranges.begin(), ranges.end(), begin,
                       [](size_t offset, const TokenSpan& range) { return offset < range.end; });
  return next != ranges.end() && next->begin < end;
}

}  // namespace

Result<AddedTokenMatcher> AddedTokenMatcher::create(std::vector<AddedToken> tokens) {
  std::erase_if(tokens, [](const AddedToken& token) { return token.content.empty(); });
  for (const AddedToken& token : tokens) {
    if (token.content.size() > kMaxContentBytes) {
      return fail(ErrorCode::kLimit, "added token {}: expected at most {} bytes, found {}",
                  token.id, kMaxContentBytes, token.content.size());
    }
  }
  AddedTokenMatcher matcher;
  matcher.ordinary_ = index_of(tokens, false);
  matcher.all_ = index_of(tokens, true);
  matcher.tokens_ = std::move(tokens);
  return matcher;
}

AddedTokenMatcher::Index AddedTokenMatcher::index_of(const std::vector<AddedToken>& tokens,
                                                     bool with_special) {
  Index index;
  std::vector<std::pair<std::string_view, int32_t>> entries;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].is_special && !with_special) continue;
    entries.emplace_back(tokens[i].content, static_cast<int32_t>(i));
    index.first_bytes[static_cast<unsigned char>(tokens[i].content[0])] = true;
  }
  index.trie = ByteTrie(std::move(entries));
  return index;
}

void AddedTokenMatcher::find_all(std::string_view text, bool with_special,
                                 std::span<const TokenSpan> plain_ranges,
                                 std::vector<Match>& matches) const {
  matches.clear();
  const Index& index = with_special ? all_ : ordinary_;
  if (index.trie.num_nodes() == 1) return;
  size_t done = 0;  // of the text
  for (size_t begin = 0; begin < text.size();) {
    if (!index.first_bytes[static_cast<unsigned char>(text[begin])]) {
      ++begin;
      continue;
    }
    int32_t best = ByteTrie::kNoValue;
    size_t end = begin;
    ByteTrie::Node node = ByteTrie::kRoot;
    for (size_t i = begin; i < text.size(); ++i) {
      node = index.trie.child(node, static_cast<uint8_t>(text[i]));
      if (node == ByteTrie::kNone) break;
      const int32_t value = index.trie.value(node);
      if (value == ByteTrie::kNoValue) continue;
      const bool is_special = tokens_[static_cast<size_t>(value)].is_special;
      if (is_special && overlaps(plain_ranges, begin, i + 1)) continue;
      best = value;
      end = i + 1;
    }
    if (best == ByteTrie::kNoValue) {
      ++begin;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<size_t>(best)];
    Match match{token.id, begin, end};
    if (adjust(token, text, match)) {
      match.begin = std::max(match.begin, done);
      match.end = std::max(match.end, match.begin);
      done = match.end;
      matches.push_back(match);
    }
    begin = end;
  }
}

// Whether the match counts; takes the blanks beside it that belong to it.
bool AddedTokenMatcher::adjust(const AddedToken& token, std::string_view text, Match& match) {
  if (token.single_word) {
    if (match.begin > 0 && is_word_char(char_before(text, match.begin))) return false;
    if (match.end < text.size() && is_word_char(char_at(text, match.end))) return false;
  }
  while (token.takes_left_blanks && match.begin > 0) {
    const ClassifiedChar c = char_before(text, match.begin);
    if ((c.char_class & kSpaceChar) == 0) break;
    match.begin -= c.num_bytes;
  }
  while (token.takes_right_blanks && match.end < text.size()) {
    const ClassifiedChar c = char_at(text, match.end);
    if ((c.char_class & kSpaceChar) == 0) break;
    match.end += c.num_bytes;
  }
  return true;
}

}  // namespace ganglion
