#include "training/classifier_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"
#include "formats/gguf.h"
#include "formats/gguf_writer.h"

namespace ganglion {
namespace {

using ::testing::HasSubstr;

constexpr size_t kEmbeddingSize = 8;

struct Corpus {
  std::vector<std::string> texts;
  std::vector<uint32_t> labels;
  std::vector<float> embeddings;

  ClassifierExamples view() const { return {texts, labels, embeddings}; }
};

// Short texts about cards (label 0), something else (1, out of scope) and transfers (2). The
// embedding points, with noise, along the axis of the label.
Corpus draw_corpus(size_t count, uint64_t seed) {
  const std::vector<std::vector<std::string>> words = {
      {"card", "lost", "visa", "replace", "stolen"},
      {"weather", "pizza", "football", "song", "joke", "planet"},
      {"transfer", "iban", "send", "recipient", "bank"}};
  const std::vector<std::string> filler = {"the", "my", "please", "how", "a", "today"};
  Rng rng(seed);
  Corpus corpus;
  for (size_t i = 0; i < count; ++i) {
    const auto label = static_cast<uint32_t>(rng.below(3));
    std::string text;
    for (int word = 0; word < 5; ++word) {
      const auto& from = word % 2 == 0 ? words[label] : filler;
      text += from[rng.below(from.size())] + " ";
    }
    corpus.texts.push_back(text);
    corpus.labels.push_back(label);
    for (size_t k = 0; k < kEmbeddingSize; ++k) {
      corpus.embeddings.push_back(static_cast<float>((k == label ? 0.9 : 0) + 0.1 * rng.normal()));
    }
  }
  return corpus;
}

ClassifierTrainingOptions options() {
  ClassifierTrainingOptions options;
  options.labels = {"card", "oos", "transfer"};
  options.abstain_label = 1;
  options.encoder_id = "sha256:test";
  options.num_threads = 1;
  options.hidden_size = 16;
  return options;
}

TrainedClassifier train(const Corpus& corpus, const Corpus* validation,
                        const ClassifierTrainingOptions& with) {
  SilentProgress progress;
  std::optional<ClassifierExamples> view;
  if (validation != nullptr) view = validation->view();
  auto trained = train_classifier(corpus.view(), view ? &*view : nullptr, with, progress);
  EXPECT_TRUE(trained.ok()) << trained.error().message;
  return std::move(trained).value();
}

uint32_t likeliest(const TextClassifier& classifier, const Corpus& corpus, size_t row) {
  const std::span<const float> embeddings = corpus.embeddings;
  const auto p = classifier.probabilities(classifier.score(
      corpus.texts[row], embeddings.subspan(row * kEmbeddingSize, kEmbeddingSize)));
  return static_cast<uint32_t>(std::max_element(p.begin(), p.end()) - p.begin());
}

TEST(ClassifierTrainer, LearnsASmallSet) {
  const Corpus test = draw_corpus(200, 77);
  const TrainedClassifier trained = train(draw_corpus(150, 1), nullptr, options());
  EXPECT_EQ(trained.num_held_out, 150U) << "each text is held out once";
  EXPECT_GT(trained.held_out.accuracy, 0.95);
  EXPECT_GT(trained.held_out.abstain_auroc.value(), 0.95);
  size_t correct = 0;
  for (size_t row = 0; row < test.texts.size(); ++row) {
    if (likeliest(trained.classifier, test, row) == test.labels[row]) ++correct;
  }
  EXPECT_GE(correct, 190U);
}

TEST(ClassifierTrainer, UsesAValidationSetForCalibrationOnly) {
  const Corpus corpus = draw_corpus(100, 1);
  const Corpus validation = draw_corpus(60, 2);
  const Corpus other_validation = draw_corpus(60, 3);
  const TrainedClassifier a = train(corpus, &validation, options());
  const TrainedClassifier b = train(corpus, &other_validation, options());
  EXPECT_EQ(a.num_held_out, 60U);
  EXPECT_EQ(a.classifier.parts().wide.ngrams.values, b.classifier.parts().wide.ngrams.values);
  EXPECT_EQ(a.classifier.parts().deep.output, b.classifier.parts().deep.output);
}

TEST(ClassifierTrainer, GivesTheSameModelForASeedOnAnyNumberOfThreads) {
  const Corpus corpus = draw_corpus(60, 1);
  ClassifierTrainingOptions two_threads = options();
  two_threads.num_threads = 2;
  ClassifierTrainingOptions other_seed = options();
  other_seed.seed = 2;
  const std::string model = train(corpus, nullptr, options()).classifier.serialise().value();
  EXPECT_EQ(model, train(corpus, nullptr, two_threads).classifier.serialise().value());
  EXPECT_NE(model, train(corpus, nullptr, other_seed).classifier.serialise().value());
}

TEST(ClassifierTrainer, ReportsAllItsWork) {
  struct Recorder final : ProgressSink {
    uint64_t last_done = 0;
    uint64_t last_total = 0;
    void update(uint64_t done, uint64_t total, std::string_view) override {
      EXPECT_GT(done, last_done);
      last_done = done;
      last_total = total;
    }
  };
  Recorder recorder;
  const Corpus corpus = draw_corpus(40, 1);
  ASSERT_TRUE(train_classifier(corpus.view(), nullptr, options(), recorder).ok());
  EXPECT_EQ(recorder.last_done, recorder.last_total);
  EXPECT_GT(recorder.last_total, 0U);
}

TEST(ClassifierTrainer, NeedsExamplesOfTheAbstainLabel) {
  Corpus corpus = draw_corpus(60, 1);
  SilentProgress progress;
  Corpus validation = draw_corpus(20, 2);
  std::replace(validation.labels.begin(), validation.labels.end(), 1U, 0U);
  const ClassifierExamples view = validation.view();
  const auto trained = train_classifier(corpus.view(), &view, options(), progress);
  ASSERT_FALSE(trained.ok());
  EXPECT_THAT(trained.error().message,
              HasSubstr("the validation set has 0 texts with the abstain label \"oos\""));
}

TEST(ClassifierTrainer, ReadsBackWhatItWrote) {
  const Corpus corpus = draw_corpus(80, 1);
  const TextClassifier classifier = train(corpus, nullptr, options()).classifier;
  const std::string bytes = classifier.serialise().value();
  const auto file = GgufFile::parse(std::as_bytes(std::span(bytes)), "memory");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto read = TextClassifier::read(*file);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->labels(), classifier.labels());
  EXPECT_EQ(read->abstain_label(), classifier.abstain_label());
  EXPECT_EQ(read->encoder_id(), "sha256:test");
  EXPECT_EQ(read->serialise().value(), bytes);
  for (size_t row = 0; row < 20; ++row) {
    const std::span<const float> all = corpus.embeddings;
    const auto embedding = all.subspan(row * kEmbeddingSize, kEmbeddingSize);
    const ClassScores before = classifier.score(corpus.texts[row], embedding);
    const ClassScores after = read->score(corpus.texts[row], embedding);
    EXPECT_EQ(before.logits, after.logits);
    EXPECT_EQ(before.abstain_signals, after.abstain_signals);
    EXPECT_EQ(classifier.probabilities(before), read->probabilities(after));
  }
}

}  // namespace
}  // namespace ganglion
