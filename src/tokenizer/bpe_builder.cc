#include "tokenizer/bpe_builder.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/check.h"
#include "text/utf8.h"
#include "tokenizer/byte_level.h"

namespace ganglion {
namespace {

constexpr size_t kMaxRankedTokenBytes = 512;
constexpr size_t kMaxRankedMerges = size_t{8} << 20;

bool becomes_of_text(TokenKind kind) {
  return kind == TokenKind::kNormal || kind == TokenKind::kUnused ||
         kind == TokenKind::kUserDefined;
}

size_t first_symbol_bytes(const BpeSpec& spec, std::string_view text, size_t offset) {
  return spec.by_bytes ? 1 : decode_utf8(text, offset).num_bytes;
}

// Characters that occur in tokens to be merged, and are no symbols yet.
void add_missing_characters(std::span<const uint32_t> ranks, const TokenTable& table,
                            BpeSpec& spec) {
  constexpr size_t kCodePoints = 0x110000;
  std::vector<bool> seen(kCodePoints);
  std::vector<std::string> added;
  for (size_t id = 0; id < ranks.size(); ++id) {
    const std::string_view token = spec.symbols[id];
    if (ranks[id] == MergeTable::kNoRank) continue;
    for (size_t i = 0; i < token.size();) {
      const DecodedCodePoint c = decode_utf8(token, i);
      const std::string_view character = token.substr(i, c.num_bytes);
      i += c.num_bytes;
      if (seen[c.value] || c.value == kReplacementCharacter) continue;
      seen[c.value] = true;
      if (table.find(character) < 0) added.emplace_back(character);
    }
  }
  for (std::string& character : added) spec.symbols.push_back(std::move(character));
}

bool is_all_space_marks(std::string_view text) {
  while (text.starts_with(kSpaceMark)) text.remove_prefix(kSpaceMark.size());
  return text.empty();
}

}  // namespace

Status check_vocabulary(const VocabularyTokens& tokens) {
  if (tokens.spelled.empty()) {
    return fail(ErrorCode::kMalformed, "vocabulary: expected tokens, found none");
  }
  if (tokens.kinds.size() != tokens.spelled.size()) {
    return fail(ErrorCode::kMalformed,
                "vocabulary: expected {} token types (one a token), found {}",
                tokens.spelled.size(), tokens.kinds.size());
  }
  if (tokens.spelled.size() > kMaxVocabularyTokens) {
    return fail(ErrorCode::kLimit, "vocabulary: expected at most {} tokens, found {}",
                kMaxVocabularyTokens, tokens.spelled.size());
  }
  size_t num_bytes = 0;
  for (const std::string& token : tokens.spelled) num_bytes += token.size();
  if (num_bytes > kMaxVocabularyBytes) {
    return fail(ErrorCode::kLimit, "vocabulary: expected at most {} bytes of tokens, found {}",
                kMaxVocabularyBytes, num_bytes);
  }
  return {};
}

Result<std::vector<MergePair>> parse_merge_lines(const VocabularyTokens& tokens,
                                                 std::span<const std::string_view> lines) {
  constexpr size_t kMaxTriedBytes = 512;
  const TokenTable table(tokens.spelled, SeededHash(digest_of(tokens.spelled)));
  std::vector<MergePair> merges;
  merges.reserve(lines.size());
  for (const std::string_view line : lines) {
    size_t space = line.find(' ', 1);
    // Tokens may hold blanks themselves: the separator is the one between two tokens.
    for (size_t other = space; line.size() <= kMaxTriedBytes && other < line.size();
         other = line.find(' ', other + 1)) {
      if (table.find(line.substr(0, other)) < 0 || table.find(line.substr(other + 1)) < 0) continue;
      space = other;
      break;
    }
    if (space == std::string_view::npos || space + 1 == line.size()) {
      return fail(ErrorCode::kMalformed, "merge {}: expected two tokens, found \"{}\"",
                  merges.size(), line);
    }
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

BpeSpec bpe_symbols(const VocabularyTokens& tokens, bool byte_level) {
  BpeSpec spec;
  spec.by_bytes = byte_level;
  spec.num_tokens = tokens.spelled.size();
  spec.symbols.resize(spec.num_tokens);
  spec.byte_ids.fill(BpeSpec::kNone);
  for (size_t id = 0; id < spec.num_tokens; ++id) {
    if (!becomes_of_text(tokens.kinds[id])) continue;
    if (!byte_level) {
      spec.symbols[id] = tokens.spelled[id];
      continue;
    }
    auto bytes = bytes_of_byte_level(tokens.spelled[id]);
    if (!bytes) continue;  // text is never spelt like that
    spec.symbols[id] = std::move(*bytes);
    if (spec.symbols[id].size() == 1) {
      spec.byte_ids[static_cast<unsigned char>(spec.symbols[id][0])] = static_cast<int32_t>(id);
    }
  }
  return spec;
}

Status add_merges(const VocabularyTokens& tokens, std::span<const MergePair> merges,
                  BpeSpec& spec) {
  if (merges.size() > kMaxRankedMerges) {
    return fail(ErrorCode::kLimit, "merges: expected at most {}, found {}", kMaxRankedMerges,
                merges.size());
  }
  const SeededHash hash(digest_of(tokens.spelled));
  const TokenTable table(tokens.spelled, hash);
  spec.merges.reserve(spec.merges.size() + merges.size());
  std::string joined;
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    joined.assign(left);
    joined += right;
    const MergeRule rule{table.find(left), table.find(right), static_cast<uint32_t>(rank),
                         table.find(joined)};
    if (rule.left < 0 || rule.right < 0 || rule.id < 0) {
      return fail(ErrorCode::kMalformed,
                  "merge {} (\"{}\" \"{}\"): expected tokens of the vocabulary, but \"{}\" is none",
                  rank, left, right,
                  rule.left < 0    ? left
                  : rule.right < 0 ? right
                                   : joined);
    }
    const auto is_text = [&](int32_t id) { return !spec.symbols[static_cast<size_t>(id)].empty(); };
    // What would make a control token of text is left out.
    if (is_text(rule.left) && is_text(rule.right) && is_text(rule.id)) spec.merges.push_back(rule);
  }
  return {};
}

Status add_ranked_merges(std::span<const uint32_t> ranks, BpeSpec& spec) {
  GANGLION_ASSERT(ranks.size() == spec.num_tokens);
  const SeededHash hash(digest_of(spec.symbols));
  TokenTable table(spec.symbols, hash);
  if (!spec.by_bytes) {
    add_missing_characters(ranks, table, spec);
    table = TokenTable(spec.symbols, hash);
  }
  for (size_t id = 0; id < ranks.size(); ++id) {
    const std::string_view token = spec.symbols[id];
    if (ranks[id] == MergeTable::kNoRank || token.empty()) continue;
    if (token.size() > kMaxRankedTokenBytes) {
      return fail(ErrorCode::kLimit, "token {}: expected at most {} bytes, found {}", id,
                  kMaxRankedTokenBytes, token.size());
    }
    for (size_t at = first_symbol_bytes(spec, token, 0); at < token.size();
         at += first_symbol_bytes(spec, token, at)) {
      const int32_t right = table.find(token.substr(at));
      if (right < 0) continue;
      const int32_t left = table.find(token.substr(0, at));
      if (left < 0) continue;
      spec.merges.push_back({left, right, ranks[id], static_cast<int32_t>(id)});
    }
    if (spec.merges.size() > kMaxRankedMerges) {
      return fail(ErrorCode::kLimit, "vocabulary: expected at most {} ways to merge tokens",
                  kMaxRankedMerges);
    }
  }
  return {};
}

Result<std::vector<uint32_t>> ranks_of_scores(std::span<const float> scores) {
  std::vector<float> sorted(scores.begin(), scores.end());
  for (size_t id = 0; id < scores.size(); ++id) {
    if (std::isnan(scores[id])) {
      return fail(ErrorCode::kMalformed, "score of token {}: expected a number, found NaN", id);
    }
  }
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::vector<uint32_t> ranks;
  ranks.reserve(scores.size());
  for (const float score : scores) {
    const auto found = std::lower_bound(sorted.begin(), sorted.end(), score, std::greater<>());
    ranks.push_back(static_cast<uint32_t>(found - sorted.begin()));
  }
  return ranks;
}

void find_byte_tokens(const VocabularyTokens& tokens, BpeSpec& spec) {
  for (size_t id = 0; id < tokens.spelled.size(); ++id) {
    const auto byte = byte_of_hex_token(tokens.spelled[id]);
    if (byte && spec.byte_ids[*byte] == BpeSpec::kNone) {
      spec.byte_ids[*byte] = static_cast<int32_t>(id);
    }
  }
}

bool merges_stay_inside_words(const BpeSpec& spec) {
  const auto text = [&](int32_t id) -> std::string_view {
    return spec.symbols[static_cast<size_t>(id)];
  };
  return std::none_of(spec.merges.begin(), spec.merges.end(), [&](const MergeRule& rule) {
    return text(rule.right).starts_with(kSpaceMark) && !is_all_space_marks(text(rule.left));
  });
}

}  // namespace ganglion
