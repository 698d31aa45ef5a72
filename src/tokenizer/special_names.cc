#include "tokenizer/special_names.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace ganglion {
namespace {

// In order of preference.
constexpr std::array<std::string_view, 10> kEndOfTurn = {
    "<|eot_id|>", "<|im_end|>",      "<|end|>", "<end_of_turn>", "<|endoftext|>",
    "<EOT>",      "<|end_of_text|>", "_<EOT>",  "[EOT]",         "<｜end▁of▁sentence｜>"};
constexpr std::array<std::string_view, 8> kFillPrefix = {
    "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>",    "<｜fim▁begin｜>",
    "<PRE>",          "▁<PRE>",       "<|code_prefix|>", "<|prefix|>"};
constexpr std::array<std::string_view, 8> kFillSuffix = {
    "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>",    "<｜fim▁hole｜>",
    "<SUF>",          "▁<SUF>",       "<|code_suffix|>", "<|suffix|>"};
constexpr std::array<std::string_view, 8> kFillMiddle = {
    "<|fim_middle|>", "<fim-middle>", "<fim_middle>",    "<｜fim▁end｜>",
    "<MID>",          "▁<MID>",       "<|code_middle|>", "<|middle|>"};

template <size_t kSize>
size_t place_in(const std::array<std::string_view, kSize>& names, std::string_view token) {
  return static_cast<size_t>(std::find(names.begin(), names.end(), token) - names.begin());
}

// The id of the first of `names` that is a token.
template <size_t kSize>
void find_first(const std::array<std::string_view, kSize>& names, VocabularyTokens& tokens,
                int32_t& id) {
  if (id != SpecialTokens::kNone) return;
  size_t best = kSize;
  for (size_t i = 0; i < tokens.spelled.size(); ++i) {
    const std::string_view token = tokens.spelled[i];
    if (token.size() < 5 || (token[0] != '<' && token[0] != '[' && !token.starts_with("▁<") &&
                             !token.starts_with("_<"))) {
      continue;
    }
    const size_t place = place_in(names, token);
    if (place >= best) continue;
    best = place;
    id = static_cast<int32_t>(i);
  }
  if (id != SpecialTokens::kNone) tokens.kinds[static_cast<size_t>(id)] = TokenKind::kControl;
}

}  // namespace

void find_special_by_name(VocabularyTokens& tokens, SpecialTokens& special) {
  find_first(kEndOfTurn, tokens, special.end_of_turn);
  find_first(kFillPrefix, tokens, special.fill_prefix);
  find_first(kFillSuffix, tokens, special.fill_suffix);
  find_first(kFillMiddle, tokens, special.fill_middle);
}

}  // namespace ganglion
