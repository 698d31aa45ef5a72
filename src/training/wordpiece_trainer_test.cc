#include "training/wordpiece_trainer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tokenizer/wordpiece.h"

namespace ganglion {
namespace {

WordTable small_table() {
  WordTable table;
  table.alphabet = {"!", "a", "d", "e", "g", "i", "l", "n", "o", "r", "s", "t", "w", "ß"};
  table.words = {{"the", 9},   {"order", 8},   {"walking", 3}, {"sending", 3},
                 {"going", 2}, {"reading", 2}, {"lard", 1}};
  table.total = 28;
  return table;
}

// 4 specials, 14 characters, 13 of them as continuations ("!" never continues a word).
constexpr size_t kNumBase = 31;

TEST(TrainWordpiece, TakesFrequentWordsAndFindsPiecesInTheRest) {
  const auto tokens =
      train_wordpiece(small_table(), {.vocabulary_size = kNumBase + 4, .num_pieces = 2}).value();
  ASSERT_EQ(tokens.size(), kNumBase + 4);
  EXPECT_EQ(tokens[kTrainedUnknownId], "[UNK]");
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), "##!"), 0);
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), "##ß"), 1);
  EXPECT_EQ(tokens[kNumBase], "the");
  EXPECT_EQ(tokens[kNumBase + 1], "order");
  EXPECT_EQ(tokens[kNumBase + 2], "##in");  // 10 times, as "##ng"; the tie goes to the spelling
  EXPECT_EQ(tokens[kNumBase + 3], "##ing");
}

TEST(TrainWordpiece, EveryWordOfTheAlphabetCanBeEncoded) {
  WordPieceSpec spec;
  spec.tokens =
      train_wordpiece(small_table(), {.vocabulary_size = kNumBase + 6, .num_pieces = 4}).value();
  spec.unknown_id = kTrainedUnknownId;
  const WordPiece tokenizer = WordPiece::create(std::move(spec)).value();
  for (const int32_t id : tokenizer.encode("wasting! lading ßä orders")) {
    EXPECT_NE(id, kTrainedUnknownId);
  }
}

TEST(TrainWordpiece, GivesFewerPiecesWhereNoPairRepeats) {
  WordTable table = small_table();
  table.words = {{"the", 9}, {"lard", 1}};
  const auto tokens =
      train_wordpiece(table, {.vocabulary_size = kNumBase + 11, .num_pieces = 10}).value();
  EXPECT_EQ(tokens.size(), kNumBase + 1);
}

TEST(TrainWordpiece, RefusesASizeThatDoesNotHoldTheAlphabet) {
  const auto tokens = train_wordpiece(small_table(), {.vocabulary_size = 32, .num_pieces = 2});
  ASSERT_FALSE(tokens.ok());
  EXPECT_EQ(
      tokens.error().message,
      "vocabulary size: expected at least 33 for 31 single characters and 2 pieces, found 32");
}

}  // namespace
}  // namespace ganglion
