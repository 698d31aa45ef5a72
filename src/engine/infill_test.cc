#include "engine/infill.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/fake_model.h"

namespace ganglion {
namespace {

TEST(Infill, PutsPrefixAndSuffixInFrontOfTheGap) {
  const FakeTokenizer tokenizer({"return "});
  const std::vector<int32_t> prompt = infill_prompt(tokenizer, "a<s>", "return b").value();
  std::vector<int32_t> expected = {FakeTokenizer::kBegin, FakeTokenizer::kFillPrefix};
  for (const char c : std::string_view("a<s>")) {  // text never becomes a control token
    expected.push_back(FakeTokenizer::kFirstByte + c);
  }
  expected.insert(expected.end(), {FakeTokenizer::kFillSuffix, FakeTokenizer::kFirstWord,
                                   FakeTokenizer::kFirstByte + 'b', FakeTokenizer::kFillMiddle});
  EXPECT_EQ(prompt, expected);
}

// Puts a space in front of every text, as SentencePiece vocabularies do.
class SpacingTokenizer final : public FakeTokenizer {
 public:
  using FakeTokenizer::FakeTokenizer;
  void encode(std::string_view text, const EncodeOptions& options, std::vector<int32_t>& ids,
              std::vector<TokenSpan>* spans = nullptr) const override {
    FakeTokenizer::encode(" " + std::string(text), options, ids, spans);
    if (spans == nullptr) return;
    for (TokenSpan& span : *spans) {
      span = {span.begin - std::min<size_t>(span.begin, 1),
              span.end - std::min<size_t>(span.end, 1)};
    }
  }
};

TEST(Infill, TheSuffixGetsNoSpaceInFront) {
  const SpacingTokenizer tokenizer({" return", "return"});
  const std::vector<int32_t> prompt = infill_prompt(tokenizer, "return", "return").value();
  EXPECT_EQ(prompt,
            (std::vector<int32_t>{FakeTokenizer::kBegin, FakeTokenizer::kFillPrefix,
                                  FakeTokenizer::kFirstWord, FakeTokenizer::kFillSuffix,
                                  FakeTokenizer::kFirstWord + 1, FakeTokenizer::kFillMiddle}));
}

TEST(Infill, IsRefusedByNameWithoutTheTokens) {
  const FakeTokenizer tokenizer({}, false);
  const auto prompt = infill_prompt(tokenizer, "a", "b");
  ASSERT_FALSE(prompt.ok());
  EXPECT_EQ(prompt.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(prompt.error().message,
            "this model cannot fill in: its vocabulary has no tokenizer.ggml.fim_pre_token_id, "
            "tokenizer.ggml.fim_suf_token_id, tokenizer.ggml.fim_mid_token_id; use one that was "
            "trained for it, such as Qwen2.5-Coder, StarCoder2 or CodeGemma");
}

}  // namespace
}  // namespace ganglion
