#include "models/hugging_face/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<GgufVocabulary> read(std::string_view text, uint64_t size) {
  return read_tokenizer_json(HfConfig::parse(text, "t").value(), size);
}

std::string error_of(std::string_view text, uint64_t size = 8) {
  const Result<GgufVocabulary> vocabulary = read(text, size);
  return vocabulary.ok() ? "accepted" : vocabulary.error().message;
}

TEST(HfVocabulary, ReadsByteLevelBpe) {
  const Result<GgufVocabulary> vocabulary =
      read(R"({"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},)"
           R"("added_tokens":[{"id":3,"content":"<eos>","special":true},)"
           R"({"id":4,"content":"<tool>","special":false},{"id":5,"content":"<|x|>"}],)"
           R"("model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b",["a b","c"]]}})",
           8);
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->model, "gpt2");
  EXPECT_EQ(vocabulary->pre, "gpt-2");
  EXPECT_THAT(vocabulary->tokens,
              ElementsAre("a", "b", "ab", "<eos>", "<tool>", "<|x|>", "[PAD6]", "[PAD7]"));
  EXPECT_THAT(vocabulary->kinds, ElementsAre(1, 1, 1, 3, 4, 3, 5, 5));
  EXPECT_THAT(vocabulary->merges, ElementsAre("a b", "a\u0120b c"));
}

TEST(HfVocabulary, TurnsMergesIntoSentencePieceScores) {
  const Result<GgufVocabulary> vocabulary =
      read(R"({"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"}]},)"
           R"("added_tokens":[{"id":0,"content":"<unk>","special":true},)"
           R"({"id":6,"content":"▁▁","special":false}],"model":{"type":"BPE","byte_fallback":true,)"
           R"("unk_token":"<unk>","vocab":{"<unk>":0,"<0x0A>":1,"a":2,"b":3,"aab":4,"aa":5},)"
           R"("merges":["a a","aa b","a ab"]}})",
           7);
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->model, "llama");
  EXPECT_THAT(vocabulary->kinds, ElementsAre(2, 6, 1, 1, 1, 1, 4));
  EXPECT_THAT(vocabulary->scores, ElementsAre(0, 0, -2, -3, -1, 0, 0));
  EXPECT_EQ(vocabulary->tokens[6], "  ");  // user-defined tokens have spaces as they are
  EXPECT_TRUE(vocabulary->adds_space_prefix);
}

TEST(HfVocabulary, ReadsUnigram) {
  const Result<GgufVocabulary> vocabulary =
      read(R"({"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAEC"},)"
           R"("pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},)"
           R"("model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁a",-1.5]]}})",
           2);
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->model, "t5");
  EXPECT_THAT(vocabulary->scores, ElementsAre(0, -1.5F));
  EXPECT_THAT(vocabulary->kinds, ElementsAre(2, 1));
  EXPECT_EQ(vocabulary->character_map, std::string("\0\1\2", 3));
}

TEST(HfVocabulary, TellsLlama3FromItsKin) {
  const std::string words =
      R"({"type":"Split","pattern":{"Regex":"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?)"
      R"(\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},)"
      R"("behavior":"Isolated","invert":false})";
  const auto name = [&](bool ignores_merges) {
    return pre_tokenizer_name(
        HfConfig::parse(fmt::format(R"({{"model":{{"ignore_merges":{}}},"pre_tokenizer":{{"type":)"
                                    R"("Sequence","pretokenizers":[{},{{"type":"ByteLevel",)"
                                    R"("add_prefix_space":false,"use_regex":false}}]}}}})",
                                    ignores_merges, words),
                        "t")
            .value());
  };
  EXPECT_EQ(name(true).value(), "llama-bpe");
  EXPECT_EQ(name(false).value(), "smaug-bpe");
}

TEST(HfVocabulary, KnowsFalconsAndSmolLmsSplits) {
  const auto name = [](std::string_view stages) {
    return pre_tokenizer_name(
        HfConfig::parse(
            fmt::format(R"({{"pre_tokenizer":{{"type":"Sequence","pretokenizers":[{}]}}}})",
                        stages),
            "t")
            .value());
  };
  EXPECT_EQ(name(R"({"type":"Punctuation","behavior":"Contiguous"},)"
                 R"({"type":"ByteLevel","add_prefix_space":false},)"
                 R"({"type":"Digits","individual_digits":false},)"
                 R"({"type":"Split","pattern":{"Regex":"[0-9][0-9][0-9]"},"behavior":"Isolated"})")
                .value(),
            "falcon");
  EXPECT_EQ(name(R"({"type":"Digits","individual_digits":true},)"
                 R"({"type":"ByteLevel","add_prefix_space":false})")
                .value(),
            "smollm");
  EXPECT_FALSE(name(R"({"type":"ByteLevel","add_prefix_space":true})").ok());
}

TEST(HfVocabulary, RefusesWithTheReason) {
  EXPECT_THAT(error_of(R"({"model":{"type":"WordLevel","vocab":{}}})"),
              HasSubstr("expected BPE or Unigram, found WordLevel"));
  EXPECT_THAT(error_of(R"({"model":{"type":"BPE","vocab":{"a":8},"merges":[]}})"),
              HasSubstr("token \"a\": expected an id from 0 to 7"));
  EXPECT_THAT(
      error_of(R"({"pre_tokenizer":{"type":"Whitespace"},"model":{"vocab":{},"merges":[]}})"),
      HasSubstr("smaug-bpe, found \"pre_tokenizer\": type \"Whitespace\""));
  EXPECT_THAT(error_of(R"({"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},)"
                       R"("model":{"type":"BPE","vocab":{},"merges":["a"]}})"),
              HasSubstr("merge 0: expected two tokens"));
}

}  // namespace
}  // namespace ganglion
