#include "tokenizer/pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> pieces(std::string_view name, std::string_view text) {
  const PreTokenizer splitter(find_pre_tokenizer(name).value().stages);
  std::vector<TextPiece> found;
  splitter.split(text, found);
  std::vector<std::string> result;
  for (const TextPiece piece : found) {
    result.emplace_back(text.substr(piece.begin, piece.end - piece.begin));
  }
  return result;
}

TEST(PreTokenizer, Gpt2) {
  EXPECT_THAT(
      pieces("gpt-2", "I'll  take\t2é9, don'T…  "),
      ElementsAre("I", "'ll", " ", " take", "\t", "2", "é", "9", ",", " don", "'", "T", "…", "  "));
  EXPECT_THAT(pieces("gpt-2", "a\n\n b"), ElementsAre("a", "\n\n", " b"));
  EXPECT_THAT(pieces("gpt-2", ""), ElementsAre());
}

TEST(PreTokenizer, Llama3) {
  EXPECT_THAT(pieces("llama-bpe", "I'LL \"say\" 12345.\n\n  x = 'ſ'\r\n"),
              ElementsAre("I", "'LL", " \"", "say", "\"", " ", "123", "45", ".\n\n", " ", " x",
                          " =", " '", "ſ", "'\r\n"));
  EXPECT_THAT(pieces("llama-bpe", "'ſ a\n \n b"), ElementsAre("'ſ", " a", "\n \n", " b"));
  EXPECT_THAT(pieces("qwen2", "12"), ElementsAre("1", "2"));
}

TEST(PreTokenizer, Gpt4oCutsByCase) {
  EXPECT_THAT(pieces("gpt-4o", "HelloWORLD'S camelCase /usr/\nÀb"),
              ElementsAre("Hello", "WORLD'S", " camel", "Case", " /", "usr", "/\n", "Àb"));
  // A mark is in both sets: the expression takes it back for its second part.
  EXPECT_THAT(pieces("gpt-4o", "A\u0301BC"), ElementsAre("A\u0301", "BC"));
  EXPECT_THAT(pieces("tekken", "it's 12"), ElementsAre("it", "'s", " ", "1", "2"));
}

TEST(PreTokenizer, SequencesOfExpressions) {
  EXPECT_THAT(pieces("starcoder", "x1234 5"), ElementsAre("x", "1", "2", "3", "4", " ", "5"));
  EXPECT_THAT(pieces("falcon", "a==b 12345"), ElementsAre("a", "==", "b", " ", "123", "45"));
  EXPECT_THAT(pieces("deepseek-coder", "ab 你好7!\n"),
              ElementsAre("ab", " ", "你好", "7", "!", "\n"));
  EXPECT_THAT(pieces("deepseek-llm", "if 你好 42  "),
              ElementsAre("if", " ", "你好", " ", "42", "  "));
  EXPECT_THAT(pieces("deepseek-v3", ".net 1234 ひら字x"),
              ElementsAre(".net", " ", "123", "4", " ", "ひら字", "x"));
  EXPECT_THAT(pieces("bloom", "one, two"), ElementsAre("one", ",", " two"));
}

TEST(PreTokenizer, UnknownNamesAreRefusedWithTheKnownOnes) {
  const auto result = find_pre_tokenizer("gpt-9");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(result.error().message, HasSubstr("\"gpt-9\": expected one of default, gpt-2"));
  EXPECT_THAT(result.error().message, HasSubstr("tekken"));
}

// Every byte of the text is in exactly one piece, whatever the text.
TEST(PreTokenizer, PiecesCoverTheText) {
  const std::string text = "aB\u0301 '\u017F9½\n \r\n\u3000字ｶ\u200d😀!？..  \x01 \u0660٠۵x";
  for (const std::string_view name :
       {"default", "gpt-2", "llama-bpe", "qwen2", "qwen35", "gpt-4o", "tekken", "starcoder",
        "falcon", "deepseek-llm", "deepseek-coder", "deepseek-v3", "seed-coder", "bloom",
        "viking"}) {
    std::string joined;
    for (const std::string& piece : pieces(name, text)) joined += piece;
    EXPECT_EQ(joined, text) << name;
  }
}

}  // namespace
}  // namespace ganglion
