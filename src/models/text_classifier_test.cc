#include "models/text_classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/rng.h"
#include "formats/gguf.h"
#include "formats/gguf_writer.h"

namespace ganglion {
namespace {

using ::testing::HasSubstr;

// Two labels, an embedding of three numbers, a hidden layer of two units; the weights follow from
// nothing, only the sizes agree.
TextClassifierParts small_parts() {
  TextClassifierParts parts;
  parts.labels = {"a", "b"};
  parts.encoder_id = "sha256:test";
  parts.vocabulary = NgramVocabulary::build(std::vector<std::string>{"one two", "three"});
  const size_t n = parts.vocabulary.size();
  parts.embedding_input.mean = {0, 0, 0};
  parts.class_means.assign(2 * 3, 0.0F);
  parts.wide.ngrams = QuantisedRows::quantise(std::vector<float>(n * 2, 0.5F), 2);
  parts.wide.embedding.assign(3 * 2, 0.0F);
  parts.wide.bias = {0, 0};
  parts.deep.ngrams = QuantisedRows::quantise(std::vector<float>(n * 2, 0.5F), 2);
  parts.deep.embedding.assign(3 * 2, 0.0F);
  parts.deep.hidden_bias = {0, 0};
  parts.deep.output.assign(2 * 2, 0.0F);
  parts.deep.output_bias = {0, 0};
  return parts;
}

std::string create_error(const std::function<void(TextClassifierParts&)>& change) {
  TextClassifierParts parts = small_parts();
  change(parts);
  const auto classifier = TextClassifier::create(std::move(parts));
  return classifier.ok() ? "" : classifier.error().message;
}

TEST(TextClassifier, ComputesBothTowersByHand) {
  TextClassifierParts parts = small_parts();
  for (auto* rows : {&parts.wide.ngrams, &parts.deep.ngrams}) {
    std::fill(rows->values.begin(), rows->values.end(), int8_t{0});
  }
  // Centred embedding: 3 * (0.5, 0, 0).
  parts.wide.embedding = {1, 2, 0, 0, 0, 0};   // row 0: 1.5 and 3
  parts.wide.bias = {0.5F, 0};                 // wide: 2 and 3
  parts.deep.embedding = {1, -1, 0, 0, 0, 0};  // hidden 1.5 and 0 (rectified)
  parts.deep.output = {2, 4, 100, 100};        // deep: 3 and 6
  const auto classifier = TextClassifier::create(std::move(parts)).value();
  const ClassScores scores = classifier.score("one", std::vector<float>{0.5F, 0, 0});
  ASSERT_EQ(scores.logits.size(), 2U);
  EXPECT_NEAR(scores.logits[0], 2.5, 1e-6);
  EXPECT_NEAR(scores.logits[1], 4.5, 1e-6);
}

TEST(TextClassifier, RefusesPartsThatDoNotAgree) {
  EXPECT_EQ(create_error([](auto&) {}), "");
  EXPECT_THAT(create_error([](auto& p) { p.labels = {"a"}; }), HasSubstr("labels"));
  EXPECT_THAT(create_error([](auto& p) { p.labels = {"b", "a"}; }), HasSubstr("sorted"));
  EXPECT_THAT(create_error([](auto& p) { p.abstain_label = 2; }), HasSubstr("abstain label"));
  EXPECT_THAT(create_error([](auto& p) { p.wide.bias.pop_back(); }),
              HasSubstr("wide bias: expected 2 values, found 1"));
  EXPECT_THAT(create_error([](auto& p) { p.deep.ngrams.scales.pop_back(); }),
              HasSubstr("deep n-grams"));
  EXPECT_THAT(create_error([](auto& p) { p.class_means[0] = NAN; }), HasSubstr("finite"));
  EXPECT_THAT(create_error([](auto& p) { p.calibration.temperature = 0; }),
              HasSubstr("temperature"));
  EXPECT_THAT(create_error([](auto& p) { p.abstain_label = 0; }), HasSubstr("abstain weights"));
  EXPECT_THAT(create_error([](auto& p) { p.deep.hidden_bias.clear(); }), HasSubstr("hidden layer"));
}

std::string read_error(std::string_view bytes) {
  const auto file = GgufFile::parse(std::as_bytes(std::span(bytes)), "m.gguf");
  if (!file.ok()) return file.error().message;
  const auto classifier = TextClassifier::read(*file);
  return classifier.ok() ? "" : classifier.error().message;
}

TEST(TextClassifier, RefusesOtherFiles) {
  GgufWriter writer;
  writer.set_string("general.architecture", "bert");
  EXPECT_THAT(read_error(writer.serialise().value()),
              HasSubstr("m.gguf: general.architecture: expected \"ganglion-classifier\""));
  GgufWriter newer;
  newer.set_string("general.architecture", "ganglion-classifier");
  newer.set_u32("ganglion-classifier.version", 99);
  EXPECT_THAT(read_error(newer.serialise().value()), HasSubstr("expected 1, found 99"));
  GgufWriter empty;
  empty.set_string("general.architecture", "ganglion-classifier");
  empty.set_u32("ganglion-classifier.version", 1);
  EXPECT_NE(read_error(empty.serialise().value()), "");
}

TEST(TextClassifier, SurvivesDamagedFiles) {
  TextClassifierParts parts = small_parts();
  parts.abstain_label = 1;
  parts.calibration.abstain.weights.assign(kNumAbstainSignals, 0.25);
  parts.calibration.isotonic = IsotonicMap({0.25, 0.5}, {0.25, 0.75});
  const std::string bytes = TextClassifier::create(std::move(parts)).value().serialise().value();
  ASSERT_EQ(read_error(bytes), "");
  // The last 32 bytes may be padding, which is not missed.
  for (size_t size = 0; size + 32 < bytes.size(); size += 7) {
    EXPECT_NE(read_error(std::string_view(bytes).substr(0, size)), "") << "cut at " << size;
  }
  Rng rng(1);
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = bytes;
    for (int change = 0; change < 3; ++change) {
      damaged[rng.below(damaged.size())] = static_cast<char>(rng.below(256));
    }
    const auto file = GgufFile::parse(std::as_bytes(std::span(damaged)), "m.gguf");
    if (!file.ok()) continue;
    const auto classifier = TextClassifier::read(*file);
    if (!classifier.ok()) continue;
    // What is accepted must also run.
    const std::vector<float> embedding(classifier->embedding_size(), 0.5F);
    const auto p = classifier->probabilities(classifier->score("one two zzz", embedding));
    EXPECT_EQ(p.size(), classifier->labels().size());
  }
}

}  // namespace
}  // namespace ganglion
