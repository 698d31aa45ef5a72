#include "models/tagger_words.h"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.h"
#include "models/hash_index.h"

namespace ganglion {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (const TaggerWord& word : split_tagger_words(text)) {
    out.emplace_back(text.substr(word.begin, word.end - word.begin));
  }
  return out;
}

using Words = std::vector<std::string>;

TEST(TaggerWords, SplitsLettersDigitsAndSigns) {
  EXPECT_EQ(words_of("at 06:15pm, OK?"), (Words{"at", "06", ":", "15", "pm", ",", "OK", "?"}));
  EXPECT_EQ(words_of("Zoë’s straße"), (Words{"Zoë", "’", "s", "straße"}));
  EXPECT_EQ(words_of("東京で3人"), (Words{"東", "京", "で", "3", "人"}));
  EXPECT_EQ(words_of("e\u0301t\u00e9"), (Words{"e\u0301t\u00e9"}));
  EXPECT_EQ(words_of("\u00a0 \n\t"), Words{});
  EXPECT_EQ(words_of("a\xFF\xC3"), (Words{"a", "\xFF", "\xC3"}));
}

TEST(TaggerWords, WordsAreOrderedAndInsideAnyBytes) {
  Rng rng(11);
  for (int round = 0; round < 200; ++round) {
    std::string text(rng.below(60), ' ');
    for (char& c : text) c = static_cast<char>(rng.below(256));
    uint32_t end = 0;
    for (const TaggerWord& word : split_tagger_words(text)) {
      EXPECT_GE(word.begin, end);
      EXPECT_LT(word.begin, word.end);
      end = word.end;
    }
    EXPECT_LE(end, text.size());
  }
}

TEST(TaggerWords, LongTextIsCutAtLineEnds) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += i % 100 == 99 ? "word\n" : "word ";
  const auto words = split_tagger_words(text);
  size_t begin = 0;
  while (begin < words.size()) {
    const size_t end = tagger_piece_end(text, words, begin);
    ASSERT_GT(end, begin);
    EXPECT_LE(end - begin, kMaxPieceWords);
    EXPECT_EQ(end % 100, 0U);
    begin = end;
  }
}

TEST(HashIndex, FindsEveryKeyAndNoOther) {
  Rng rng(5);
  std::vector<uint32_t> keys;
  for (uint32_t i = 0; i < 5000; ++i) keys.push_back(i * 2654435761U);
  HashIndex index;
  ASSERT_TRUE(index.build(keys));
  for (uint32_t i = 0; i < keys.size(); ++i) EXPECT_EQ(index.find(keys[i]), i);
  EXPECT_EQ(index.find(1), HashIndex::kNotFound);
  EXPECT_EQ(HashIndex().find(1), HashIndex::kNotFound);
}

TEST(HashIndex, RefusesRepeatedKeys) {
  HashIndex index;
  EXPECT_FALSE(index.build(std::vector<uint32_t>{7, 8, 7}));
  EXPECT_EQ(index.find(8), HashIndex::kNotFound);
}

}  // namespace
}  // namespace ganglion
