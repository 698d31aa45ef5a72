#include "models/hugging_face/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/test_paths.h"
#include "tokenizer/model_proto_testing.h"

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

class SentencePieceVocabulary : public testing::Test {
 protected:
  Result<GgufVocabulary> read(std::string_view model, bool has_fairseq_ids = false,
                              uint64_t size = 8) const {
    const std::filesystem::path path = testing::TempDir() + "/vocabulary_test.model";
    EXPECT_TRUE(write_file_atomic(path, model).ok());
    const HfConfig added = HfConfig::parse(added_, "added_tokens.json").value();
    const HfConfig config = HfConfig::parse(config_, "tokenizer_config.json").value();
    return read_sentencepiece_vocabulary(path, {added, config}, has_fairseq_ids, size);
  }
  std::string error_of(std::string_view model, uint64_t size = 8) const {
    const Result<GgufVocabulary> vocabulary = read(model, false, size);
    return vocabulary.ok() ? "accepted" : vocabulary.error().message;
  }

  std::string added_ = "{}", config_ = "{}";
};

TEST_F(SentencePieceVocabulary, ReadsBpe) {
  added_ = R"({"<|tool|>":5,"▁x":6})";
  config_ = R"({"added_tokens_decoder":{"1":{"content":"<s>","special":true},)"
            R"("7":{"content":"<end>","special":true}}})";
  const Result<GgufVocabulary> vocabulary = read(model_proto(kBpeProto));
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->model, "llama");
  EXPECT_THAT(vocabulary->tokens,
              ElementsAre("<unk>", "<s>", "</s>", "a", "▁a", "<|tool|>", " x", "<end>"));
  EXPECT_THAT(vocabulary->kinds, ElementsAre(2, 3, 3, 1, 1, 3, 4, 3));
  EXPECT_THAT(vocabulary->scores, ElementsAre(0, 0, 0, -1, -2, 0, 0, 0));
  EXPECT_EQ(vocabulary->special.begin, 1);
  EXPECT_EQ(vocabulary->special.end, 2);
  EXPECT_TRUE(vocabulary->adds_space_prefix);
}

TEST_F(SentencePieceVocabulary, ReadsUnigramAndItsIdsInXlmR) {
  const std::string model = model_proto(kUnigramProto);
  const Result<GgufVocabulary> plain = read(model, false, 6);
  ASSERT_TRUE(plain.ok()) << plain.error().message;
  EXPECT_EQ(plain->model, "t5");
  EXPECT_TRUE(plain->removes_extra_spaces);
  EXPECT_THAT(plain->tokens, ElementsAre("<unk>", "<s>", "</s>", "a", "▁a", "[PAD5]"));
  const Result<GgufVocabulary> moved = read(model, true);
  ASSERT_TRUE(moved.ok()) << moved.error().message;
  EXPECT_THAT(moved->tokens,
              ElementsAre("<s>", "<pad>", "</s>", "<unk>", "a", "▁a", "<mask>", "[PAD7]"));
  EXPECT_THAT(moved->kinds, ElementsAre(3, 3, 3, 2, 1, 1, 3, 5));
  EXPECT_THAT(moved->scores, ElementsAre(0, 0, 0, 0, -1, -2, 0, 0));
  EXPECT_EQ(moved->special.unknown, 3);
}

TEST_F(SentencePieceVocabulary, RefusesWithTheReason) {
  EXPECT_THAT(error_of(model_proto(kBpeProto), 4),
              HasSubstr("expected at most 4 tokens (\"vocab_size\" in config.json), found 5"));
  EXPECT_THAT(error_of("x"), HasSubstr("vocabulary_test.model: "));
  ModelProto squeezing = kBpeProto;
  squeezing.squeezes_spaces = true;
  EXPECT_THAT(error_of(model_proto(squeezing)), HasSubstr("found remove_extra_whitespaces"));
  added_ = R"({"<x>":9})";
  EXPECT_THAT(error_of(model_proto(kBpeProto)), HasSubstr("token \"<x>\": expected an id"));
  added_ = "{}";
  config_ = R"({"added_tokens_decoder":{"x":{"content":"a"}}})";
  EXPECT_THAT(error_of(model_proto(kBpeProto)), HasSubstr("expected an id with an object"));
}

TEST_F(SentencePieceVocabulary, OfLlama2IsTheOneOfItsTokenizerJson) {
  const auto folder = shared_data_path("models/tokenizers/llama2");
  if (!folder) GTEST_SKIP() << "models/tokenizers/llama2 is not among the data (GANGLION_DATA)";
  const HfConfig none = HfConfig::parse("{}", "none").value();
  const auto model =
      read_sentencepiece_vocabulary(*folder / "tokenizer.model", {none, none}, false, 32000);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto json = read_tokenizer_json(HfConfig::open(*folder / "tokenizer.json").value(), 32000);
  ASSERT_TRUE(json.ok()) << json.error().message;
  // This tokenizer.json has the no-break spaces of four tokens as spaces.
  size_t num_differing = 0;
  for (size_t id = 0; id < json->tokens.size(); ++id) {
    if (model->tokens[id] == json->tokens[id]) continue;
    ++num_differing;
    EXPECT_THAT(model->tokens[id], HasSubstr("\u00A0"));
  }
  EXPECT_EQ(num_differing, 4U);
  EXPECT_EQ(model->kinds, json->kinds);
  EXPECT_EQ(model->model, json->model);
  EXPECT_EQ(model->adds_space_prefix, json->adds_space_prefix);
}

}  // namespace
}  // namespace ganglion
