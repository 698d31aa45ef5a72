#include "models/ngram_features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace ganglion {
namespace {

TEST(NgramHashes, CountsWordsPairsAndCharacters) {
  const NgramHashes hashes = ngram_hashes("Ab, cd!");
  // Words ab and cd, pairs ^ab, ab cd and cd$.
  EXPECT_EQ(hashes.words.size(), 5U);
  // " ab " has 3 + 2 + 1 n-grams of 2, 3 and 4 characters; " cd " as many.
  EXPECT_EQ(hashes.characters.size(), 12U);
}

TEST(NgramHashes, IgnoresCasePunctuationAndApostrophes) {
  EXPECT_EQ(ngram_hashes("DON'T stop").words, ngram_hashes("dont  stop.").words);
  EXPECT_EQ(ngram_hashes("Don\u2019t").words, ngram_hashes("dont").words);
  EXPECT_NE(ngram_hashes("stop dont").words, ngram_hashes("dont stop").words);
  EXPECT_TRUE(ngram_hashes(" ?! ").words.empty());
}

TEST(NgramHashes, TakesCodePointsNotBytes) {
  // " ü " : two of 2 characters, one of 3.
  EXPECT_EQ(ngram_hashes("Ü").characters.size(), 3U);
  EXPECT_EQ(ngram_hashes("Ü").words, ngram_hashes("ü").words);
}

TEST(NgramHashes, IsStable) {
  // Stored in model files: must never change.
  EXPECT_EQ(ngram_hashes("card").words[0], 4497528139186956586ULL);
}

TEST(NgramVocabulary, WeighsByInverseDocumentFrequency) {
  const std::vector<std::string> texts = {"a", "a b"};
  const NgramVocabulary vocabulary = NgramVocabulary::build(texts);
  const NgramFeatures features = vocabulary.features("a");
  // Word n-grams of "a": a (in both texts), ^a (both), a$ (one).
  const float one = 1 + std::log(3.0F / 2);
  const float length = std::sqrt(1 + 1 + one * one);
  ASSERT_GE(features.vector.values.size(), 3U);
  std::vector<float> words(features.vector.values.begin(), features.vector.values.begin() + 3);
  std::sort(words.begin(), words.end());
  EXPECT_NEAR(words[0], 1 / length, 1e-6);
  EXPECT_NEAR(words[2], one / length, 1e-6);
  EXPECT_EQ(features.unknown_share, 0);
}

TEST(NgramVocabulary, ReportsUnknownText) {
  const NgramVocabulary vocabulary = NgramVocabulary::build(std::vector<std::string>{"known text"});
  EXPECT_EQ(vocabulary.features("?").unknown_share, 1);
  const NgramFeatures features = vocabulary.features("zzz qqq");
  EXPECT_EQ(features.unknown_share, 1);
  EXPECT_TRUE(features.vector.ids.empty());
  // known, ^known are there; "known zzz", "zzz" and "zzz$" are not.
  EXPECT_NEAR(vocabulary.features("known zzz").unknown_share, 3.0 / 5, 1e-6);
}

TEST(NgramVocabulary, FindsEveryHashItHolds) {
  // Hashes that all fall into one bucket, as a hostile file may hold.
  std::vector<uint64_t> hashes;
  for (uint64_t i = 0; i < 1000; ++i) hashes.push_back(i);
  const NgramVocabulary vocabulary(hashes, std::vector<float>(1000, 1.0F));
  EXPECT_EQ(vocabulary.size(), 1000U);
  EXPECT_EQ(vocabulary.features("word").unknown_share, 1);
}

}  // namespace
}  // namespace ganglion
