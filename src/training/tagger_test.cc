#include "training/tagger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/rng.h"
#include "training/tagger_corpus.h"
#include "training/tagger_score.h"

namespace ganglion {
namespace {

const std::vector<std::string> kPlaces = {"Rome", "Paris",  "New York",
                                          "Oslo", "Lisbon", "Den Haag"};
const std::vector<std::string> kNames = {"Ann", "Bob", "Carla", "Dev", "Eve", "Farid"};

// "ask NAME about PLACE", "from PLACE to PLACE", …: a language a tagger must learn.
std::vector<TaggedText> small_language(size_t count, uint64_t seed) {
  Rng rng(seed);
  std::vector<TaggedText> texts;
  for (size_t i = 0; i < count; ++i) {
    TaggedText out;
    const auto say = [&](std::string_view words) { out.text += words; };
    const auto label = [&](const std::vector<std::string>& values, std::string type) {
      const size_t begin = out.text.size();
      out.text += values[rng.below(values.size())];
      out.spans.push_back({begin, out.text.size(), std::move(type)});
    };
    switch (rng.below(3)) {
      case 0:
        say("please ask "), label(kNames, "name"), say(" about "), label(kPlaces, "place");
        break;
      case 1:
        say("from "), label(kPlaces, "place"), say(" to "), label(kPlaces, "place"), say("!");
        break;
      default:
        say("nothing to see here, "), label(kNames, "name");
    }
    texts.push_back(std::move(out));
  }
  return texts;
}

TEST(TrainTagger, LearnsASmallLanguage) {
  SilentProgress progress;
  const auto model = train_tagger(small_language(200, 1), {}, progress);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const TaggerScore score = score_tagger(*model, small_language(100, 2));
  EXPECT_GT(score.all.f1(), 0.99);
  EXPECT_EQ(score.by_type.size(), 2U);
  // A name never seen, in a place it can only be a name.
  const auto spans = model->tag("please ask Zbigniew about Rome");
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].type, "name");
  EXPECT_EQ(spans[0].begin, 11U);
}

TEST(TrainTagger, SameSeedSameModelBitForBit) {
  SilentProgress progress;
  const auto texts = small_language(50, 1);
  const auto path = std::filesystem::path(testing::TempDir()) / "tagger_seed.gguf";
  std::vector<std::string> files;
  for (const uint64_t seed : {7, 7, 8}) {
    const auto model = train_tagger(texts, {.seed = seed}, progress);
    ASSERT_TRUE(model.ok());
    ASSERT_TRUE(model->save(path).ok());
    files.push_back(read_file(path).value());
  }
  EXPECT_EQ(files[0], files[1]);
  EXPECT_NE(files[0], files[2]);
}

TEST(TrainTagger, ContextDecidesWhatTheTextLeavesOpen) {
  std::vector<TaggedText> texts;
  for (const char* number : {"3", "5", "7", "8", "12", "13"}) {
    for (const char* slot : {"time", "people"}) {
      texts.push_back({number, {{0, std::string_view(number).size(), slot}}, {slot}});
    }
  }
  SilentProgress progress;
  const auto model = train_tagger(texts, {}, progress);
  ASSERT_TRUE(model.ok());
  const std::vector<std::string> asked = {"people"};
  const auto spans = model->tag("9", asked);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].type, "people");
}

TEST(TrainTagger, TextsWithoutSpansAreRefused) {
  SilentProgress progress;
  const auto model = train_tagger(std::vector<TaggedText>{{"hello", {}, {}}}, {}, progress);
  ASSERT_FALSE(model.ok());
  EXPECT_THAT(model.error().message, testing::HasSubstr("expected spans of 1 to"));
}

TEST(TaggerCorpus, OverlapsKeepTheShortestAndJoinEqualSpans) {
  const TaggedText text = {"tonight at 8:30 in an hour",
                           {{0, 15, "time"}, {0, 7, "date"}, {16, 26, "time"}, {16, 26, "date"}},
                           {}};
  const auto corpus = build_tagger_corpus(std::vector<TaggedText>{text}, 1);
  ASSERT_TRUE(corpus.ok());
  EXPECT_THAT(corpus->types, testing::ElementsAre("date", "date|time"));
  ASSERT_EQ(corpus->examples.size(), 1U);
  // Words: tonight at 8 : 30 in an hour. Tags: B-date is 1, B-date|time 2, I-date|time 4.
  EXPECT_THAT(corpus->examples[0].tags, testing::ElementsAre(1, 0, 0, 0, 0, 2, 4, 4));
}

TEST(SpanCounts, F1IsTheHarmonicMean) {
  const SpanCounts counts{.num_right = 3, .num_found = 4, .num_gold = 6};
  EXPECT_DOUBLE_EQ(counts.precision(), 0.75);
  EXPECT_DOUBLE_EQ(counts.recall(), 0.5);
  EXPECT_DOUBLE_EQ(counts.f1(), 0.6);
  EXPECT_DOUBLE_EQ(SpanCounts{}.f1(), 1.0);
}

}  // namespace
}  // namespace ganglion
