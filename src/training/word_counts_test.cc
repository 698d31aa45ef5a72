#include "training/word_counts.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ganglion {
namespace {

uint64_t count_of(const WordTable& table, const std::string& word) {
  for (const WordCount& entry : table.words) {
    if (entry.word == word) return entry.count;
  }
  return 0;
}

TEST(CountWords, CutsAndCleansAsWordPieceDoes) {
  const std::vector<std::string> texts = {"Refund the café's bill, REFUND it!", "the refund"};
  const WordTable table = count_words(texts, 1).value();
  EXPECT_EQ(count_of(table, "refund"), 3U);
  EXPECT_EQ(count_of(table, "the"), 2U);
  EXPECT_EQ(count_of(table, "cafe"), 1U);
  EXPECT_EQ(count_of(table, "'"), 1U);
  EXPECT_EQ(count_of(table, "s"), 1U);
  EXPECT_EQ(count_of(table, "!"), 1U);
  EXPECT_EQ(table.total, 12U);
  EXPECT_EQ(table.words.front(), (WordCount{"refund", 3}));
}

TEST(CountWords, LeavesOutWordsWithRareCharacters) {
  const std::vector<std::string> texts = {"straße ß ß", "Ω once"};
  const WordTable table = count_words(texts, 2).value();
  EXPECT_EQ(count_of(table, "straße"), 1U);
  EXPECT_EQ(count_of(table, "ω"), 0U);
  EXPECT_EQ(count_of(table, "once"), 1U);
  EXPECT_EQ(std::count(table.alphabet.begin(), table.alphabet.end(), "ß"), 1);
}

TEST(CountWords, RefusesTextWithoutWords) {
  const std::vector<std::string> texts = {"", " \t "};
  EXPECT_EQ(count_words(texts, 1).error().message, "the text has no word in 2 lines");
}

TEST(AddRankedVocabulary, CountsWordsByRankAndSkipsTheRest) {
  const std::vector<std::string> texts = {"alpha beta"};
  WordTable table = count_words(texts, 1).value();
  const std::vector<std::string> vocabulary = {"[PAD]", "the", "##ing", "alpha", "中", "x", "of"};
  add_ranked_vocabulary(vocabulary, 3000, table);
  const uint64_t the = count_of(table, "the");
  const uint64_t alpha = count_of(table, "alpha");
  const uint64_t of = count_of(table, "of");
  EXPECT_GT(the, alpha);
  EXPECT_GT(alpha, of);
  EXPECT_NEAR(static_cast<double>(the + alpha + of), 3001, 2);
  EXPECT_EQ(table.total, the + alpha + of + 1);
  EXPECT_EQ(count_of(table, "ing"), 0U);
  EXPECT_EQ(count_of(table, "x"), 0U);
}

}  // namespace
}  // namespace ganglion
