#include "tokenizer/tokenizer_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "tokenizer/sentencepiece.h"
#include "tokenizer/tiktoken.h"
#include "tokenizer/tokenizer_json.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<int32_t> ids_of(const Tokenizer& tokenizer, std::string_view text,
                            EncodeOptions options = {.add_special_tokens = false}) {
  std::vector<int32_t> ids;
  std::vector<TokenSpan> spans;
  tokenizer.encode(text, options, ids, &spans);
  EXPECT_EQ(ids.size(), spans.size());
  return ids;
}

std::unique_ptr<Tokenizer> create(Result<TextTokenizerSpec> spec) {
  EXPECT_TRUE(spec.ok()) << spec.error().message;
  return TextTokenizer::create(std::move(spec).value()).value();
}

// Byte-level BPE: a, b, c, space, and what they merge to.
constexpr std::string_view kBpe = R"({
  "added_tokens": [
    {"id": 8, "content": "<s>", "special": true, "normalized": false},
    {"id": 9, "content": "cab", "special": false, "single_word": true, "normalized": false},
    {"id": 10, "content": "<x>", "special": false, "lstrip": true, "rstrip": true,
     "normalized": false}],
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
  "post_processor": {"type": "TemplateProcessing", "single": [
    {"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}]},
  "model": {"type": "BPE", "merges": ["a b", "Ġ c", ["x", "y"]], "vocab":
    {"a": 0, "b": 1, "c": 2, "Ġ": 3, "ab": 4, "Ġc": 5, "abc": 6, "ba": 7}}})";

std::string bpe_json(std::string_view from = "", std::string_view to = "") {
  std::string text(kBpe);
  text.replace(text.find(R"(, ["x", "y"])"), 12, "");
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  return text;
}

std::string bpe_error(std::string_view from, std::string_view to) {
  const auto spec = parse_tokenizer_json(bpe_json(from, to), "t.json");
  return spec.ok() ? "accepted" : spec.error().message;
}

TEST(TokenizerJson, MergesInsidePiecesOnly) {
  const auto tokenizer = create(parse_tokenizer_json(bpe_json(), "t.json"));
  EXPECT_THAT(ids_of(*tokenizer, "ab c"), ElementsAre(4, 5));
  // "abc" is a token, but no merge leads there.
  EXPECT_THAT(ids_of(*tokenizer, "abc abc"), ElementsAre(4, 2, 3, 4, 2));
  EXPECT_THAT(ids_of(*tokenizer, "abc", {}), ElementsAre(8, 4, 2));
  EXPECT_EQ(tokenizer->decode({8, 4, 5, 2}), "ab cc");
  EXPECT_EQ(tokenizer->find("Ġc"), 5);
  EXPECT_EQ(tokenizer->kind(8), TokenKind::kControl);
  EXPECT_TRUE(tokenizer->special_tokens().adds_begin);
}

TEST(TokenizerJson, TokensFirstWhereTheFileSaysSo) {
  const auto tokenizer =
      create(parse_tokenizer_json(bpe_json("\"BPE\",", "\"BPE\", \"ignore_merges\": true,"), "t"));
  EXPECT_THAT(ids_of(*tokenizer, "abc ba"), ElementsAre(6, 3, 1, 0));
  EXPECT_THAT(ids_of(*tokenizer, "ba"), ElementsAre(7));
}

TEST(TokenizerJson, AddedTokensAreMatchedWhole) {
  const auto tokenizer = create(parse_tokenizer_json(bpe_json(), "t.json"));
  EXPECT_THAT(ids_of(*tokenizer, "cab c cabc"), ElementsAre(9, 5, 5, 4, 2));
  EXPECT_THAT(ids_of(*tokenizer, "a  <x> b"), ElementsAre(0, 10, 1));
  // A control token comes only of text that is ours; '<', 's' and '>' are no tokens here.
  EXPECT_THAT(ids_of(*tokenizer, "a<s>b"), ElementsAre(0, 1));
  EXPECT_THAT(
      ids_of(*tokenizer, "a<s>b", {.add_special_tokens = false, .parse_special_tokens = true}),
      ElementsAre(0, 8, 1));
}

TEST(TokenizerJson, SpansAndLimits) {
  const auto tokenizer = create(parse_tokenizer_json(bpe_json(), "t.json"));
  std::vector<int32_t> ids;
  std::vector<TokenSpan> spans;
  tokenizer->encode("ab  <x> c", {}, ids, &spans);
  EXPECT_THAT(ids, ElementsAre(8, 4, 10, 2));
  EXPECT_THAT(spans,
              ElementsAre(TokenSpan{0, 0}, TokenSpan{0, 2}, TokenSpan{2, 8}, TokenSpan{8, 9}));
  tokenizer->encode("ab ab ab", {.max_tokens = 3}, ids, &spans);
  EXPECT_THAT(ids, ElementsAre(8, 4, 3));
  EXPECT_EQ(spans.size(), 3U);
}

TEST(TokenizerJson, NamesWhatItCannotDo) {
  EXPECT_THAT(bpe_error("\"BPE\"", "\"WordLevel\""),
              HasSubstr("expected BPE or Unigram, found WordLevel"));
  EXPECT_THAT(bpe_error(R"({"type": "ByteLevel", "add_prefix_space": false})",
                        R"({"type": "Split", "pattern": {"Regex": "a+"}})"),
              HasSubstr("t.json: \"pre_tokenizer\": unknown expression \"a+\""));
  EXPECT_THAT(bpe_error("\"model\"", R"("normalizer": {"type": "Nmt"}, "model")"),
              HasSubstr("\"normalizer\": unknown type \"Nmt\""));
  EXPECT_THAT(bpe_error("\"Ġ c\"", "\"Ġ d\""), HasSubstr("but \"d\" is none"));
  EXPECT_THAT(bpe_error("\"ba\": 7", "\"ba\": 70000"), HasSubstr("found 70000"));
  EXPECT_THAT(bpe_error("\"ba\": 7", "\"ba\": -7"), HasSubstr("found -7"));
  EXPECT_THAT(bpe_error("\"id\": \"<s>\"", "\"id\": \"<t>\""),
              HasSubstr("\"post_processor\": token \"<t>\""));
}

TEST(TokenizerJson, SentencePieceSpelling) {
  const auto tokenizer = create(parse_tokenizer_json(R"({
    "added_tokens": [{"id": 0, "content": "<unk>", "special": true, "normalized": true}],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
      {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
    "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
      "merges": ["▁ a", "▁ ▁"],
      "vocab": {"<unk>": 0, "▁": 1, "a": 2, "▁a": 3, "<0xC3>": 4, "<0xA9>": 5, "▁▁": 6}}})",
                                                     "t"));
  EXPECT_THAT(ids_of(*tokenizer, "a a   a"), ElementsAre(3, 3, 6, 3));
  EXPECT_THAT(ids_of(*tokenizer, "é"), ElementsAre(1, 4, 5));
  EXPECT_THAT(ids_of(*tokenizer, "aéöü"), ElementsAre(3, 4, 5, 0));
  EXPECT_EQ(tokenizer->decode({3, 3, 1, 4, 5}), "a a é");
}

TEST(TokenizerJson, Unigram) {
  const auto tokenizer = create(parse_tokenizer_json(R"({
    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
    "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["▁", -2], ["a", -3],
      ["b", -3], ["ab", -4], ["▁a", -3.5], ["bab", -9]]}})",
                                                     "t"));
  EXPECT_THAT(ids_of(*tokenizer, "ab bab"), ElementsAre(1, 4, 1, 3, 4));
  EXPECT_THAT(ids_of(*tokenizer, "aäöüa"), ElementsAre(5, 0, 2));
}

TEST(Tiktoken, RanksAreMerges) {
  // a b c ab abc " "
  const std::string_view ranks = "YQ== 0\nYg== 1\r\nYw== 2\nYWI= 3\nYWJj 4\nIA== 5\n";
  const auto tokenizer = create(parse_tiktoken(ranks, "llama-bpe", "r"));
  EXPECT_THAT(ids_of(*tokenizer, "abcab ab"), ElementsAre(4, 3, 5, 3));
  EXPECT_EQ(tokenizer->decode({4, 5}), "abc ");
  const auto error = [](std::string_view text) {
    return parse_tiktoken(text, "qwen2", "r").error().message;
  };
  EXPECT_THAT(error("YQ== 0\nYg==\n"), HasSubstr("r:2: expected \"base64 rank\""));
  EXPECT_THAT(error("YQ== 0\nYg== 0\n"), HasSubstr("r:2: expected every rank once, found 0 again"));
  EXPECT_THAT(error("YQ== 4000000000\n"), HasSubstr("found 4000000000"));
  EXPECT_THAT(parse_tiktoken("YQ== 0\n", "nothing", "r").error().message,
              HasSubstr("expected one of"));
}

TEST(SentencePieceModel, RefusesWhatIsNoModel) {
  for (const std::string_view bytes : {"", "x", "\x0a\x7f", "\x0a\x02\x08\x01", "\x0b"}) {
    const auto spec = parse_sentencepiece_model(bytes, "m");
    ASSERT_FALSE(spec.ok());
    EXPECT_THAT(spec.error().message, HasSubstr("m: "));
  }
}

// One letter, a million times: a piece that no splitter cuts.
TEST(TokenizerJson, LongPiecesStayFast) {
  const auto tokenizer = create(parse_tokenizer_json(bpe_json(), "t"));
  const std::string text(size_t{1} << 20, 'a');
  const std::clock_t start = std::clock();
  EXPECT_EQ(ids_of(*tokenizer, text).size(), text.size());
  std::string pairs;
  for (size_t i = 0; i < text.size() / 2; ++i) pairs += "ab";
  EXPECT_EQ(ids_of(*tokenizer, pairs).size(), pairs.size() / 2);
  EXPECT_LT(std::clock() - start, 20 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace ganglion
