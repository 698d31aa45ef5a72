#include "engine/infill.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/test_paths.h"
#include "engine/fake_model.h"
#include "models/gguf_tokenizer.h"

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

// StarCoder's and Refact's own vocabularies: the tokens are found, and text around them is kept.
TEST(Infill, WithTheVocabulariesOfCodeModels) {
  for (const std::string name : {"starcoder", "refact"}) {
    const auto path = shared_data_path("models/vocab-gguf/ggml-vocab-" + name + ".gguf");
    if (!path) GTEST_SKIP() << "models/vocab-gguf is not among the data (GANGLION_DATA)";
    SCOPED_TRACE(name);
    const auto tokenizer = load_gguf_tokenizer(GgufFile::open(*path).value()).value();
    const std::string prefix = "def add(a, b):\n    return ";
    const std::string suffix = "\n\nprint(add(1, 2))  # <fim_middle>\n";
    const auto prompt = infill_prompt(*tokenizer, prefix, suffix);
    ASSERT_TRUE(prompt.ok()) << prompt.error().message;
    const auto place = [&](const char* token) {
      const int32_t id = tokenizer->find(token);
      EXPECT_GE(id, 0) << token;
      EXPECT_EQ(std::count(prompt->begin(), prompt->end(), id), 1) << token;
      return std::find(prompt->begin(), prompt->end(), id);
    };
    EXPECT_EQ(place("<fim_prefix>"), prompt->begin());
    EXPECT_EQ(place("<fim_middle>"), prompt->end() - 1);
    const auto middle = place("<fim_suffix>");
    EXPECT_EQ(tokenizer->decode({prompt->begin() + 1, middle}), prefix);
    EXPECT_EQ(tokenizer->decode({middle + 1, prompt->end() - 1}), suffix);
  }
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
