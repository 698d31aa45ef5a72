// From the tables of vocabulary files to what Bpe works with. The tables are untrusted: sizes are
// bounded, everything is checked.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tokenizer/bpe.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

inline constexpr size_t kMaxVocabularyTokens = size_t{4} << 20;
inline constexpr size_t kMaxVocabularyBytes = size_t{64} << 20;

// "▁", what SentencePiece vocabularies write for a space.
inline constexpr std::string_view kSpaceMark = "\u2581";

// By id: the spelling of every token, and what it is for. An empty spelling is an id without token.
struct VocabularyTokens {
  std::vector<std::string> spelled;
  std::vector<TokenKind> kinds;
};

// kLimit above the bounds; kMalformed unless both are equally many and there is one at least.
Status check_vocabulary(const VocabularyTokens& tokens);

// Two spellings, as a line of merges.txt has them; the position is the rank.
using MergePair = std::pair<std::string_view, std::string_view>;

// "left right" → a pair. kMalformed names the line.
Result<std::vector<MergePair>> parse_merge_lines(const VocabularyTokens& tokens,
                                                 std::span<const std::string_view> lines);

// Symbols are the tokens that text can become: all but control, unknown and byte
// tokens. `byte_level`
// says that they spell bytes (tokenizer/byte_level.h).
BpeSpec bpe_symbols(const VocabularyTokens& tokens, bool byte_level);

// Adds merges by spelling. kMalformed names a merge whose parts or result are no tokens.
Status add_merges(const VocabularyTokens& tokens, std::span<const MergePair> merges, BpeSpec& spec);

// Adds every merge of two symbols into a token, with the token's rank: what tiktoken and
// SentencePiece mean by a list of tokens with ranks or scores. Characters inside of tokens that are
// no tokens themselves become symbols. Tokens whose rank is MergeTable::kNoRank are not merged.
// kLimit for tokens above 512 bytes or 8 Mi merges.
Status add_ranked_merges(std::span<const uint32_t> ranks, BpeSpec& spec);

// Ranks of scores: the highest score is 0, equal scores have equal ranks. kMalformed for NaN.
Result<std::vector<uint32_t>> ranks_of_scores(std::span<const float> scores);

// Sets spec.byte_ids from the tokens that spell one byte as <0x0A>.
void find_byte_tokens(const VocabularyTokens& tokens, BpeSpec& spec);

// Whether text may be cut in front of every "▁" that follows something else, because no merge joins
// over such a place. Requires symbols and merges.
bool merges_stay_inside_words(const BpeSpec& spec);

}  // namespace ganglion
