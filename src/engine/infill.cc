#include "engine/infill.h"

#include <string>

namespace ganglion {
namespace {

// The ids of a text that does not stand at a begin. SentencePiece vocabularies put a space in front
// of every text: encoded behind a line break, which no token joins with what follows, it has none
// (as Code Llama's own encode_infilling does, with another character).
std::vector<int32_t> ids_inside(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<int32_t> ids;
  const auto bytes_of = [&](const std::vector<int32_t>& tokens) {
    std::string bytes;
    for (const int32_t id : tokens) tokenizer.append_bytes(id, bytes);
    return bytes;
  };
  tokenizer.encode(text, {.add_special_tokens = false}, ids);
  if (bytes_of(ids) != " " + std::string(text)) return ids;
  std::vector<int32_t> behind;
  std::vector<TokenSpan> spans;
  tokenizer.encode("\n" + std::string(text), {.add_special_tokens = false}, behind, &spans);
  size_t first = 0;
  while (first < spans.size() && spans[first].begin == 0) ++first;
  behind.erase(behind.begin(), behind.begin() + static_cast<std::ptrdiff_t>(first));
  return bytes_of(behind) == text ? behind : ids;
}

}  // namespace

Result<std::vector<int32_t>> infill_prompt(const Tokenizer& tokenizer, std::string_view prefix,
                                           std::string_view suffix) {
  const SpecialTokens& special = tokenizer.special_tokens();
  std::string missing;
  const auto require = [&](int32_t id, std::string_view name) {
    if (id != SpecialTokens::kNone) return;
    missing += missing.empty() ? "" : ", ";
    missing += name;
  };
  require(special.fill_prefix, "tokenizer.ggml.fim_pre_token_id");
  require(special.fill_suffix, "tokenizer.ggml.fim_suf_token_id");
  require(special.fill_middle, "tokenizer.ggml.fim_mid_token_id");
  if (!missing.empty()) {
    return fail(ErrorCode::kUnsupported,
                "this model cannot fill in: its vocabulary has no {}; use one that was trained for "
                "it, such as Qwen2.5-Coder, StarCoder2 or CodeGemma",
                missing);
  }
  std::vector<int32_t> prompt;
  const bool begins = special.adds_begin && special.begin != SpecialTokens::kNone;
  if (begins) prompt.push_back(special.begin);
  std::vector<int32_t> ids;
  tokenizer.encode(prefix, {.add_special_tokens = false}, ids);
  prompt.push_back(special.fill_prefix);
  prompt.insert(prompt.end(), ids.begin(), ids.end());
  ids = ids_inside(tokenizer, suffix);
  prompt.push_back(special.fill_suffix);
  prompt.insert(prompt.end(), ids.begin(), ids.end());
  prompt.push_back(special.fill_middle);
  return prompt;
}

}  // namespace ganglion
