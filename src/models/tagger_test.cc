#include "models/tagger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/file.h"
#include "base/rng.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

// Says "place" to every word that follows "in", by a hand-made weight for its features.
TaggerWeights place_weights() {
  TaggerWeights weights;
  weights.types = {"place"};
  weights.transitions = TagTransitions(1);
  const std::string text = "in Rome";
  const auto words = split_tagger_words(text);
  const auto rows = extract_tagger_features(text, words, {}, {}, {});
  const auto first = rows.of(0);
  const auto second = rows.of(1);
  std::vector<uint32_t> only_second;
  for (const uint32_t hash : second) {
    if (std::find(first.begin(), first.end(), hash) == first.end()) only_second.push_back(hash);
  }
  std::sort(only_second.begin(), only_second.end());
  weights.features = only_second;
  weights.begins.push_back(0);
  for (size_t i = 0; i < only_second.size(); ++i) {
    weights.tags.push_back(1);
    weights.weights.push_back(100);
    weights.begins.push_back(static_cast<uint32_t>(i + 1));
  }
  weights.weight_scale = 0.01F;
  weights.transitions.open[0 * 2 + 0] = 3;  // outside after outside
  weights.transitions.open[3 * 2 + 0] = 3;  // and at the start
  return weights;
}

TEST(TaggerModel, TagsWhatItsWeightsSay) {
  const auto model = TaggerModel::create(place_weights());
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_THAT(model->types(), testing::ElementsAre("place"));
  const auto spans = model->tag("in Rome");
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].begin, 3U);
  EXPECT_EQ(spans[0].end, 7U);
  EXPECT_EQ(spans[0].type, "place");
  EXPECT_GT(spans[0].score, 0.9F);
  EXPECT_TRUE(model->tag("").empty());
  EXPECT_TRUE(model->tag(" \n ").empty());
}

TEST(TaggerModel, JoinedTypeGivesOneSpanOfEach) {
  TaggerWeights weights = place_weights();
  weights.types = {"place|region"};
  const auto model = TaggerModel::create(std::move(weights));
  ASSERT_TRUE(model.ok());
  const auto spans = model->tag("in Rome");
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].type, "place");
  EXPECT_EQ(spans[1].type, "region");
  EXPECT_THAT(model->types(), testing::ElementsAre("place", "region"));
}

TEST(TaggerModel, AnyBytesGiveSpansInsideTheText) {
  const auto model = TaggerModel::create(place_weights());
  ASSERT_TRUE(model.ok());
  Rng rng(3);
  for (int round = 0; round < 300; ++round) {
    std::string text = round % 2 == 0 ? "in Rome " : "";
    for (size_t i = rng.below(80); i > 0; --i) text += static_cast<char>(rng.below(256));
    for (const TaggedSpan& span : model->tag(text)) {
      EXPECT_LT(span.begin, span.end);
      EXPECT_LE(span.end, text.size());
      EXPECT_GE(span.score, 0.0F);
      EXPECT_LE(span.score, 1.0F);
    }
  }
}

TEST(TaggerModel, SavedAndLoadedItTagsTheSame) {
  const auto path = std::filesystem::path(testing::TempDir()) / "tagger_test.gguf";
  const auto model = TaggerModel::create(place_weights());
  ASSERT_TRUE(model.ok());
  ASSERT_TRUE(model->save(path).ok());
  const auto loaded = TaggerModel::load(path);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const auto spans = loaded->tag("in Rome");
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].score, model->tag("in Rome")[0].score);
}

TEST(TaggerModel, EveryTruncationOfTheFileIsRefused) {
  const auto path = std::filesystem::path(testing::TempDir()) / "tagger_cut.gguf";
  const auto model = TaggerModel::create(place_weights());
  ASSERT_TRUE(model.ok());
  ASSERT_TRUE(model->save(path).ok());
  const auto bytes = read_file(path);
  ASSERT_TRUE(bytes.ok());
  size_t num_refused = 0;
  const size_t last_padding = 32;  // the padding after the last tensor may be missing
  for (size_t size = 0; size + last_padding < bytes->size(); size += 7) {
    const auto cut = std::as_bytes(std::span(*bytes)).first(size);
    num_refused += TaggerModel::parse(cut, "cut").ok() ? 0 : 1;
  }
  EXPECT_EQ(num_refused, (bytes->size() - last_padding + 6) / 7);
}

struct BadWeights {
  const char* name;
  std::function<void(TaggerWeights&)> spoil;
  const char* message;
};

TEST(TaggerModel, WeightsThatDoNotFitAreRefused) {
  const BadWeights cases[] = {
      {"no types", [](auto& w) { w.types.clear(); }, "types: expected 1 to"},
      {"empty name", [](auto& w) { w.types = {"a|"}; }, "empty name"},
      {"transitions", [](auto& w) { w.transitions.open.pop_back(); }, "transitions"},
      {"infinite", [](auto& w) { w.transitions.open[0] = INFINITY; }, "numbers up to"},
      {"huge", [](auto& w) { w.transitions.inside[0] = 1e30F; }, "numbers up to"},
      {"scale", [](auto& w) { w.weight_scale = NAN; }, "numbers up to"},
      {"begins", [](auto& w) { w.begins[1] = 1U << 30; }, "feature.begin"},
      {"short", [](auto& w) { w.weights.pop_back(); }, "feature.begin"},
      {"tag", [](auto& w) { w.tags[0] = 3; }, "weight.tag"},
      {"repeated", [](auto& w) { w.features[1] = w.features[0]; }, "feature.hash"},
  };
  for (const BadWeights& bad : cases) {
    TaggerWeights weights = place_weights();
    bad.spoil(weights);
    const auto model = TaggerModel::create(std::move(weights));
    ASSERT_FALSE(model.ok()) << bad.name;
    EXPECT_THAT(model.error().message, HasSubstr(bad.message)) << bad.name;
  }
}

}  // namespace
}  // namespace ganglion
