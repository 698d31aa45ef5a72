#include "retrieval/passages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rng.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Found {
  std::string heading;
  std::string text;
  friend bool operator==(const Found&, const Found&) = default;
};

std::vector<Found> passages_of(std::string_view markdown, size_t max_bytes = 800) {
  std::vector<Found> found;
  for (const Passage& passage : split_passages(markdown, {.max_bytes = max_bytes})) {
    found.push_back({passage.heading, std::string(passage.range.in(markdown))});
  }
  return found;
}

std::vector<std::string> sentences_of(std::string_view text) {
  std::vector<std::string> sentences;
  for (const ByteRange& range : split_sentences(text, {0, text.size()})) {
    sentences.emplace_back(range.in(text));
  }
  return sentences;
}

TEST(Passages, AreCutAtHeadingsAndKnowTheirPath) {
  EXPECT_THAT(passages_of("Before.\n"
                          "# Refunds\n\nIntroduction.\n\n"
                          "## By card ##\nFive days.\n"
                          "### Abroad\nTen days.\n"
                          "## By C#\n\n\n"
                          "Cash\n----\nAt once.\n"),
              ElementsAre(Found{"", "Before."}, Found{"Refunds", "Introduction."},
                          Found{"Refunds > By card", "Five days."},
                          Found{"Refunds > By card > Abroad", "Ten days."},
                          Found{"Refunds > Cash", "At once."}));
}

TEST(Passages, CodeFencesHideHeadings) {
  EXPECT_THAT(passages_of("# Title\n```\n# not a heading\n```\nText.\n"),
              ElementsAre(Found{"Title", "```\n# not a heading\n```\nText."}));
}

TEST(Passages, LongSectionsAreCutBetweenParagraphsThenSentences) {
  EXPECT_THAT(
      passages_of("# T\nOne is short.\r\n\r\nTwo too.\r\n\r\nThree is here. And four. Five!", 26),
      ElementsAre(Found{"T", "One is short.\r\n\r\nTwo too."},
                  Found{"T", "Three is here. And four."}, Found{"T", "Five!"}));
}

TEST(Passages, NothingGivesNothing) {
  EXPECT_THAT(passages_of(""), IsEmpty());
  EXPECT_THAT(passages_of("\n \n"), IsEmpty());
  EXPECT_THAT(passages_of("# Only\n## Headings\n"), IsEmpty());
  EXPECT_EQ(find_title("text\n# The Title #\n# Second"), "The Title");
  EXPECT_EQ(find_title("no title"), "");
}

TEST(Sentences, EndWhereTheNextBegins) {
  EXPECT_THAT(sentences_of("It costs 3.50 a month. Is that much? No! \"Not at all.\" See below"),
              ElementsAre("It costs 3.50 a month.", "Is that much?", "No!", "\"Not at all.\"",
                          "See below"));
  EXPECT_THAT(
      sentences_of("Ask Dr. Vole, e.g. by mail. Or J. Smith. Wait… please. Am I? I am I. So."),
      ElementsAre("Ask Dr. Vole, e.g. by mail.", "Or J. Smith.", "Wait… please.", "Am I?",
                  "I am I.", "So."));
  EXPECT_THAT(sentences_of("Press **Save.** Then go."), ElementsAre("Press **Save.**", "Then go."));
  EXPECT_THAT(sentences_of("返品できます。三日です。"),
              ElementsAre("返品できます。", "三日です。"));
}

TEST(Sentences, ListsHeadingsAndBlankLinesSeparate) {
  EXPECT_THAT(sentences_of("First:\n- one\n- two and\n  a half\n\nThen\n# Heading\nlast"),
              ElementsAre("First:", "one", "two and\n  a half", "Then", "last"));
  EXPECT_THAT(sentences_of("1. Open it. Look.\n2. Close it"),
              ElementsAre("Open it.", "Look.", "Close it"));
  EXPECT_THAT(sentences_of("* a\n  + b\n- 1) c\n-d\n- "), ElementsAre("a", "b", "c\n-d\n-"));
}

// Whatever the bytes: ranges lie inside, in order, apart, and begin and end on visible characters.
TEST(Passages, RangesAreSoundForAnyText) {
  Rng rng(7);
  constexpr std::string_view kPieces[] = {"# ",           "## ", "\n",    "\n\n",  "word ",
                                          ". ",           "- ",  "```\n", "---\n", "ä",
                                          "\xe3\x80\x82", "1. ", "\r\n",  "===\n", "A"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (uint64_t i = rng.below(40); i > 0; --i) text += kPieces[rng.below(std::size(kPieces))];
    size_t last = 0;
    for (const Passage& passage : split_passages(text, {.max_bytes = 1 + rng.below(60)})) {
      ASSERT_LE(last, passage.range.begin) << text;
      ASSERT_LT(passage.range.begin, passage.range.end) << text;
      ASSERT_LE(passage.range.end, text.size()) << text;
      last = passage.range.end;
      size_t last_sentence = passage.range.begin;
      for (const ByteRange& sentence : split_sentences(text, passage.range)) {
        ASSERT_LE(last_sentence, sentence.begin) << text;
        ASSERT_LT(sentence.begin, sentence.end) << text;
        ASSERT_LE(sentence.end, passage.range.end) << text;
        last_sentence = sentence.end;
      }
    }
  }
}

}  // namespace
}  // namespace ganglion
