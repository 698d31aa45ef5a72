#include "tokenizer/wordpiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_paths.h"
#include "tokenizer/wordpiece_files.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

WordPieceSpec small_spec() {
  WordPieceSpec spec;
  spec.tokens = {"[UNK]", "[CLS]", "[SEP]", "un",  "##aff", "##able", "affable", "cafe", "!",
                 "我",    "愛",    "é",     "the", "ı",     "##s",    "ÀB",      "ab",   "\u0307"};
  spec.unknown_id = 0;
  spec.prefix_ids = {1};
  spec.suffix_ids = {2};
  return spec;
}

std::vector<int32_t> encode_plain(const WordPiece& tokenizer, std::string_view text) {
  return tokenizer.encode(text, {.add_special_tokens = false});
}

TEST(WordPiece, GreedyLongestMatchAndUnknownWords) {
  const WordPiece tokenizer = WordPiece::create(small_spec()).value();
  EXPECT_THAT(tokenizer.encode("Unaffable!"), ElementsAre(1, 3, 4, 5, 8, 2));
  EXPECT_THAT(encode_plain(tokenizer, "unaffables unaffablex affable"),
              ElementsAre(3, 4, 5, 14, 0, 6));
  EXPECT_THAT(encode_plain(tokenizer, ""), ElementsAre());
  EXPECT_EQ(tokenizer.find("##able"), 5);
  EXPECT_EQ(tokenizer.find("able"), -1);
}

TEST(WordPiece, CleansAsBertDoes) {
  const WordPiece tokenizer = WordPiece::create(small_spec()).value();
  EXPECT_THAT(encode_plain(tokenizer, "CAFÉ cafe\u0301 ca\u0001fe ca\u200bfe"),
              ElementsAre(7, 7, 7, 7));
  EXPECT_THAT(encode_plain(tokenizer, "我愛the"), ElementsAre(9, 10, 12));
  EXPECT_THAT(encode_plain(tokenizer, "the\u00a0the\u2028the\rthe"), ElementsAre(12, 12, 12, 12));
  EXPECT_THAT(encode_plain(tokenizer, "the\xff\xfe the\xe4"), ElementsAre(12, 12));
  // A special token spelt out in the text stays text.
  EXPECT_THAT(encode_plain(tokenizer, "[SEP]"), ElementsAre(0, 0, 0));
}

// Characters whose category has changed since the tables of `tokenizers` were made.
TEST(WordPiece, SplitsAndStripsByUnicode8) {
  const WordPiece tokenizer = WordPiece::create(small_spec()).value();
  EXPECT_THAT(encode_plain(tokenizer, "the\u166Dthe"), ElementsAre(12, 0, 12));      // punctuation
  EXPECT_THAT(encode_plain(tokenizer, "the\U000111C9the"), ElementsAre(12, 0, 12));  // not a mark
  EXPECT_THAT(encode_plain(tokenizer, "ca\u1734fe"), ElementsAre(7));                // a mark
  EXPECT_THAT(encode_plain(tokenizer, "ca\uA9BDfe"), ElementsAre(0));
}

TEST(WordPiece, CleaningCanBeOff) {
  WordPieceSpec spec = small_spec();
  spec.strip_accents = false;
  EXPECT_THAT(encode_plain(WordPiece::create(spec).value(), "É é"), ElementsAre(11, 11));
  spec.lowercase = false;
  EXPECT_THAT(encode_plain(WordPiece::create(spec).value(), "É é ÀB AB"),
              ElementsAre(0, 11, 15, 0));
}

TEST(WordPiece, LongWordsAreUnknown) {
  WordPieceSpec spec = small_spec();
  spec.max_word_chars = 9;
  const WordPiece tokenizer = WordPiece::create(spec).value();
  EXPECT_THAT(encode_plain(tokenizer, "unaffable"), ElementsAre(3, 4, 5));
  EXPECT_THAT(encode_plain(tokenizer, "unaffables the"), ElementsAre(0, 12));
  EXPECT_THAT(encode_plain(tokenizer, std::string(100000, 'a') + "é the"), ElementsAre(0, 12));
}

TEST(WordPiece, SpansAreBytesOfTheText) {
  const WordPiece tokenizer = WordPiece::create(small_spec()).value();
  std::vector<int32_t> ids;
  std::vector<TokenSpan> spans;
  tokenizer.encode("the Unaffable, CAFÉ!", {}, ids, &spans);
  EXPECT_THAT(ids, ElementsAre(1, 12, 3, 4, 5, 0, 7, 8, 2));
  EXPECT_THAT(spans, ElementsAre(TokenSpan{0, 0}, TokenSpan{0, 3}, TokenSpan{4, 6}, TokenSpan{6, 9},
                                 TokenSpan{9, 13}, TokenSpan{13, 14}, TokenSpan{15, 20},
                                 TokenSpan{20, 21}, TokenSpan{21, 21}));
}

TEST(WordPiece, MaxTokensCountsTheSpecialOnes) {
  const WordPiece tokenizer = WordPiece::create(small_spec()).value();
  EXPECT_THAT(tokenizer.encode("unaffable the", {.max_tokens = 4}), ElementsAre(1, 3, 4, 2));
  EXPECT_THAT(tokenizer.encode("unaffable", {.max_tokens = 1}), ElementsAre(1));
  EXPECT_THAT(tokenizer.encode("unaffable", {.add_special_tokens = false, .max_tokens = 2}),
              ElementsAre(3, 4));
  std::vector<int32_t> ids;
  std::vector<TokenSpan> spans;
  tokenizer.encode("unaffable the", {.max_tokens = 3}, ids, &spans);
  EXPECT_EQ(spans.size(), ids.size());
}

TEST(WordPiece, RefusesImpossibleSpecs) {
  WordPieceSpec spec = small_spec();
  spec.unknown_id = 18;
  EXPECT_THAT(WordPiece::create(spec).error().message, HasSubstr("expected 0 to 17, found 18"));
  spec = small_spec();
  spec.tokens[3] = "\xff";
  EXPECT_THAT(WordPiece::create(spec).error().message, HasSubstr("token 3: expected UTF-8"));
  spec = small_spec();
  spec.max_word_chars = 1000000;
  EXPECT_EQ(WordPiece::create(spec).error().code, ErrorCode::kLimit);
  EXPECT_FALSE(WordPiece::create(WordPieceSpec{}).ok());
}

constexpr std::string_view kJson = R"({
  "added_tokens": [{"id": 5, "content": "[MASK]"}],
  "normalizer": {"type": "BertNormalizer", "lowercase": false, "strip_accents": null},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "TemplateProcessing", "single": [
    {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
    {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "max_input_chars_per_word": 50,
            "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "##b": 4}}})";

TEST(WordPieceFiles, ReadsTokenizerJson) {
  const Result<WordPiece> tokenizer = parse_wordpiece_json(kJson, "tokenizer.json");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_THAT(tokenizer->encode("a ab A"), ElementsAre(1, 3, 3, 4, 0, 2));
  EXPECT_EQ(tokenizer->vocabulary_size(), 6U);
  EXPECT_EQ(tokenizer->spec().max_word_chars, 50U);
  EXPECT_FALSE(tokenizer->spec().strip_accents);
}

std::string json_error(std::string_view from, std::string_view to) {
  std::string text(kJson);
  const size_t at = text.find(from);
  text.replace(at, from.size(), to);
  const Result<WordPiece> tokenizer = parse_wordpiece_json(text, "t.json");
  return tokenizer.ok() ? "accepted" : tokenizer.error().message;
}

TEST(WordPieceFiles, NamesWhatIsWrongInTokenizerJson) {
  EXPECT_THAT(json_error("\"WordPiece\"", "\"BPE\""),
              HasSubstr("expected type WordPiece, found BPE"));
  EXPECT_THAT(json_error("BertPreTokenizer", "Metaspace"), HasSubstr("found Metaspace"));
  EXPECT_THAT(json_error("BertNormalizer", "NFC"), HasSubstr("found NFC"));
  EXPECT_THAT(json_error("\"##b\": 4", "\"##b\": -4"), HasSubstr("found -4"));
  EXPECT_THAT(json_error("\"##b\": 4", "\"##b\": 4000000000"), HasSubstr("found 4000000000"));
  EXPECT_THAT(json_error("\"##b\": 4", "\"##b\": \"x\""), HasSubstr("64-bit integer"));
  EXPECT_THAT(json_error("\"[SEP]\": 2", "\"sep\": 2"), HasSubstr("\"[SEP]\": expected in the"));
  EXPECT_THAT(json_error("\"vocab\"", "\"words\""), HasSubstr("t.json: member \"vocab\""));
  EXPECT_THAT(json_error("{", "["), HasSubstr("t.json:"));
}

TEST(WordPieceFiles, LimitsTheSpecialTokensAroundAText) {
  const auto with_pieces = [](size_t count) {
    std::string pieces = "\"single\": [";
    for (size_t i = 0; i < count; ++i) pieces += R"({"SpecialToken": {"id": "[CLS]"}}, )";
    return json_error("\"single\": [", pieces);
  };
  EXPECT_EQ(with_pieces(14), "accepted");  // with the two that kJson has
  EXPECT_THAT(with_pieces(15), HasSubstr("t.json: \"single\": expected at most 16 special tokens"));
  EXPECT_THAT(with_pieces(100'000), HasSubstr("expected at most 16 special tokens"));
}

TEST(WordPieceFiles, ReadsVocabTxt) {
  const std::string_view vocabulary = "[UNK]\n[CLS]\r\n[SEP]\nA\n##b\na\n";
  const WordPiece lower = parse_wordpiece_vocabulary(vocabulary, "", "vocab.txt").value();
  EXPECT_THAT(lower.encode("A Ab"), ElementsAre(1, 5, 5, 4, 2));
  const WordPiece cased =
      parse_wordpiece_vocabulary(vocabulary, R"({"do_lower_case": false})", "vocab.txt").value();
  EXPECT_THAT(cased.encode("A Ab"), ElementsAre(1, 3, 3, 4, 2));
  EXPECT_THAT(parse_wordpiece_vocabulary("a\nb", "", "vocab.txt").error().message,
              HasSubstr("vocab.txt: token \"[UNK]\""));
}

TEST(WordPieceFiles, JsonAndVocabTxtOfMiniLmAgree) {
  const auto folder = minilm_path();
  if (!folder) GTEST_SKIP() << "no MiniLM weights: run scripts/fetch_test_models.sh";
  const WordPiece from_json = load_wordpiece(*folder).value();
  EXPECT_EQ(from_json.vocabulary_size(), 30522U);
  EXPECT_THAT(from_json.encode("Hello world!"), ElementsAre(101, 7592, 2088, 999, 102));
}

}  // namespace
}  // namespace ganglion
