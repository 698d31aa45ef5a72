// The probabilities of labels against what appending each of them gives.
#include "engine/label_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/rng.h"
#include "base/test_paths.h"
#include "engine/fake_llama.h"
#include "engine/fake_model.h"
#include "engine/gguf_language_model.h"
#include "engine/label_classifier.h"

namespace ganglion {
namespace {

using testing::HasSubstr;
using Labels = std::vector<std::vector<int32_t>>;

// Label by label and token by token, from all logits.
std::vector<double> scores_one_by_one(Session& session, const Labels& labels) {
  std::vector<double> scores;
  for (const std::vector<int32_t>& label : labels) {
    double score = 0;
    for (size_t depth = 0; depth < label.size(); ++depth) {
      const std::vector<int32_t> begin(label.begin(),
                                       label.begin() + static_cast<std::ptrdiff_t>(depth));
      const auto branch = session.fork();
      std::vector<float> logits;
      // The logits behind the last token of the prompt: it is read again.
      std::vector<int32_t> tokens = {7};
      branch->truncate(branch->length() - 1);
      tokens.insert(tokens.end(), begin.begin(), begin.end());
      EXPECT_TRUE(branch->append(tokens, LogitRows::kLast, logits).ok());
      std::map<int32_t, double> rivals;
      for (const std::vector<int32_t>& other : labels) {
        if (other.size() > depth && std::equal(begin.begin(), begin.end(), other.begin())) {
          rivals[other[depth]] = std::exp(static_cast<double>(logits.at(other[depth])));
        }
      }
      double sum = 0;
      for (const auto& [token, value] : rivals) sum += value;
      score += std::log(rivals[label[depth]] / sum);
    }
    scores.push_back(score);
  }
  return scores;
}

// Ends with token 7.
std::vector<int32_t> prompt_tokens(size_t count, size_t vocabulary_size) {
  Rng rng(5);
  std::vector<int32_t> tokens(count, 7);
  for (size_t i = 0; i + 1 < count; ++i) {
    tokens[i] = static_cast<int32_t>(rng.below(vocabulary_size));
  }
  return tokens;
}

const Labels kLabels = {{10, 11, 12, 13},
                        {10, 11, 12, 14, 15, 16},
                        {10, 11, 12, 14, 15, 17},
                        {10, 20},
                        {30, 31, 32},
                        {30, 31, 33},
                        {40},
                        {41, 42, 43}};

void expect_scores(const LanguageModel& model, size_t prompt_length) {
  const auto session = model.start({64, DType::kF32}).value();
  const std::vector<int32_t> prompt =
      prompt_tokens(prompt_length, model.description().vocabulary_size);
  std::vector<float> logits;
  ASSERT_TRUE(session->append(prompt, LogitRows::kNone, logits).ok());
  const auto scores = score_labels(*session, kLabels);
  ASSERT_TRUE(scores.ok()) << scores.error().message;
  EXPECT_THAT(*scores,
              testing::Pointwise(testing::DoubleNear(2e-4), scores_one_by_one(*session, kLabels)));
  double sum = 0;
  for (const double score : *scores) sum += std::exp(score);
  EXPECT_NEAR(sum, 1, 1e-9);
  // The session is as it was.
  EXPECT_EQ(session->length(), prompt_length);
  std::vector<float> expected;
  ASSERT_TRUE(session->append(kLabels[0], LogitRows::kLast, logits).ok());
  const auto fresh = model.start({64, DType::kF32}).value();
  ASSERT_TRUE(fresh->append(prompt, LogitRows::kNone, expected).ok());
  ASSERT_TRUE(fresh->append(kLabels[0], LogitRows::kLast, expected).ok());
  EXPECT_EQ(logits, expected);
}

// Windows, learned positions, capped scores and logits, biases: every architecture.
TEST(LabelScores, OfEveryArchitectureAreThoseOfAppendedLabels) {
  const auto folder = shared_data_path("models/golden/given/models");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    if (entry.path().extension() != ".gguf") continue;
    const auto model = load_language_model(entry.path(), {.precision = Precision::kF32});
    if (!model.ok()) continue;  // an encoder
    SCOPED_TRACE(entry.path().filename().string());
    expect_scores(**model, 30);
    ++count;
  }
  EXPECT_GE(count, 20u);
}

// Of every weight type, in 8 bits as in float: what a tree gives behind what has been read is what
// generation chooses from, bit for bit.
TEST(LabelScores, LogitsOfChosenTokensAreThoseOfAllTokens) {
  const auto folder = shared_data_path("models/golden/given/quant");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    if (entry.path().extension() != ".gguf") continue;
    for (const Precision precision : {Precision::kS8, Precision::kF32}) {
      SCOPED_TRACE(entry.path().filename().string() + precision_name(precision).data());
      const auto model = load_language_model(entry.path(), {.precision = precision}).value();
      const auto session = model->start({64}).value();
      const auto prompt = prompt_tokens(20, model->description().vocabulary_size);
      std::vector<float> all;
      ASSERT_TRUE(session->append(prompt, LogitRows::kLast, all).ok());
      std::vector<TreeLogit> wanted;
      std::vector<float> expected;
      for (size_t id = 0; id < all.size(); id += id % 3 + 1) {
        wanted.push_back({-1, static_cast<int32_t>(id)});
        expected.push_back(all[id]);
      }
      std::vector<float> chosen;
      ASSERT_TRUE(session->look_ahead({}, wanted, chosen).ok());
      EXPECT_EQ(chosen, expected);
    }
    ++count;
  }
  EXPECT_GE(count, 15u);
}

class FakeLlamaLabels : public testing::Test {
 protected:
  std::unique_ptr<const LanguageModel> load(const GgufWriter& writer) {
    bytes_ = writer.serialise().value();
    auto file = GgufFile::parse(std::as_bytes(std::span(bytes_)), "fake.gguf");
    return load_gguf_language_model(std::move(file).value(), {}).value();
  }

  std::string bytes_;  // what the model's weights lie in
};

// Shorter than the labels, so that a label's end no longer sees the prompt.
TEST_F(FakeLlamaLabels, AWindowHidesWhatLiesBeforeIt) {
  for (const uint32_t window : {2, 3, 5, 31}) {
    SCOPED_TRACE(window);
    GgufWriter writer = fake_llama();
    writer.set_u32("llama.attention.sliding_window", window);
    expect_scores(*load(writer), 30);
  }
}

TEST_F(FakeLlamaLabels, AnAdapterOfTheOutputCounts) {
  const auto model = load(fake_llama());
  GgufWriter writer = fake_adapter("llama");
  add_fake_factors(writer, "output.weight", 259, kFakeLlamaHidden);
  const auto path = std::filesystem::path(testing::TempDir()) / "label_adapter.gguf";
  ASSERT_TRUE(writer.write(path).ok());
  SessionOptions options = {64, DType::kF32, model->load_adapter(path).value()};
  const auto adapted = model->start(options).value();
  std::vector<float> logits;
  ASSERT_TRUE(adapted->append(prompt_tokens(20, 259), LogitRows::kNone, logits).ok());
  EXPECT_THAT(score_labels(*adapted, kLabels).value(),
              testing::Pointwise(testing::DoubleNear(2e-4), scores_one_by_one(*adapted, kLabels)));
}

TEST_F(FakeLlamaLabels, WhatCannotBeScoredIsNamed) {
  const auto model = load(fake_llama());
  const auto session = model->start({8, DType::kF32}).value();
  const auto message = [&](const Labels& labels) {
    return score_labels(*session, labels).error().message;
  };
  EXPECT_THAT(message({{1}, {2}}), HasSubstr("nothing has been read"));
  std::vector<float> logits;
  ASSERT_TRUE(session->append(prompt_tokens(6, 259), LogitRows::kNone, logits).ok());
  EXPECT_THAT(message({}), HasSubstr("no labels"));
  EXPECT_THAT(message({{1}, {}}), HasSubstr("label 2 has no tokens"));
  EXPECT_THAT(message({{1, 2, 3}, {5}, {1, 2}}),
              HasSubstr("label 1 begins with all tokens of label 3"));
  EXPECT_THAT(message({{1}, {1}}), HasSubstr("label 2 begins with all tokens of label 1"));
  EXPECT_THAT(message({{1, 2, 3, 4}, {1, 2, 3, 5}}),
              HasSubstr("a tree of 3 tokens does not fit: the context holds 8 tokens and 6"));
  Labels many;
  for (int32_t i = 0; i < 259; ++i) {
    for (int32_t j = 0; j < 5; ++j) {
      many.push_back({i, j, 1});
      many.push_back({i, j, 2});
    }
  }
  EXPECT_THAT(message(many), HasSubstr("a tree of 1554 tokens is too large; at most 1024"));
  // Labels that part at once need no tokens.
  EXPECT_EQ(score_labels(*session, Labels{{1, 2, 3, 4}, {2, 3, 4, 5}}).value().size(), 2u);
  EXPECT_EQ(score_labels(*session, Labels{{9, 9, 9, 9}}).value(), std::vector<double>{0});
}

// The model likes the last byte of what it reads, twice as much as others.
FakeScript echo() {
  return [](std::span<const int32_t> context, std::span<float> logits) {
    logits[static_cast<size_t>(context[context.size() - 2])] = std::log(3.0F);
  };
}

TEST(LabelClassifiers, GiveProbabilitiesOfTheLabels) {
  const FakeModel model(echo());
  auto classifier = LabelClassifier::create(model, {"a", "b", "c"}, {"{text}:"}, {}).value();
  EXPECT_THAT(
      classifier.classify("xb").value(),
      testing::ElementsAre(testing::DoubleNear(1.0 / 3, 1e-6), testing::DoubleNear(1.0 / 3, 1e-6),
                           testing::DoubleNear(1.0 / 3, 1e-6)))
      << "the token two back is the colon";
  auto bare = LabelClassifier::create(model, {"a", "b", "c"}, {"{labels}{text}"}, {}).value();
  EXPECT_THAT(bare.classify("xb").value(),
              testing::ElementsAre(testing::DoubleNear(0.2, 1e-6), testing::DoubleNear(0.6, 1e-6),
                                   testing::DoubleNear(0.2, 1e-6)));
  EXPECT_EQ(bare.labels().size(), 3u);
}

TEST(LabelClassifiers, LogitsThatAreNoNumbersAreRefused) {
  const FakeModel model([](std::span<const int32_t>, std::span<float> logits) {
    std::fill(logits.begin(), logits.end(), NAN);
  });
  auto classifier = LabelClassifier::create(model, {"a", "b"}, {"{text}"}, {}).value();
  EXPECT_THAT(classifier.classify("x").error().message, HasSubstr("NaN or infinity"));
}

// "no" against "not": what ends the text competes with the t.
TEST(LabelClassifiers, LabelsThatBeginWithAnotherEndByAToken) {
  const FakeModel model(echo());
  auto classifier = LabelClassifier::create(model, {"no", "not"}, {"{text}"}, {}).value();
  EXPECT_THAT(classifier.classify("x").value(),
              testing::ElementsAre(testing::DoubleNear(0.5, 1e-6), testing::DoubleNear(0.5, 1e-6)));
}

// What the model has read in front of the label, and where the label begins.
std::string read_by_a_chat(const std::string& chat_template, const std::string& system) {
  std::string text;
  FakeModel model([&](std::span<const int32_t> context, std::span<float>) {
    text.clear();
    for (const int32_t id : context) {
      text += id < FakeTokenizer::kFirstByte ? std::string(FakeTokenizer().token(id))
                                             : FakeTokenizer().decode({id});
    }
  });
  LabelPrompt prompt = {"Is {text} one of {labels}?"};
  prompt.chat_template =
      ChatTemplate::create({"test", chat_template, "", special_texts_of(*model.tokenizer())})
          .value();
  prompt.system = system;
  auto classifier = LabelClassifier::create(model, {"ab", "ac"}, prompt, {200}).value();
  EXPECT_TRUE(classifier.classify("x<eot>").ok());
  return text;
}

TEST(LabelClassifiers, AskByAChatTemplate) {
  const std::string messages =
      "{% for m in messages %}{{ m.role }}:{{ m.content }}{{ eos_token }}{% endfor %}";
  EXPECT_EQ(read_by_a_chat("{{ bos_token }}" + messages + "answer:{{ '\\n' }}", "Be brief."),
            "<s>system:Be brief.</s>user:Is x<eot> one of ab, ac?</s>answer:\na");
  EXPECT_EQ(read_by_a_chat(messages + "answer:", ""), "user:Is x<eot> one of ab, ac?</s>answer: a");
  EXPECT_EQ(read_by_a_chat(messages, ""), "user:Is x<eot> one of ab, ac?</s>a")
      << "no space behind a control token";
}

TEST(LabelClassifiers, WhatEndsATurnEndsALabelOfAChat) {
  const FakeModel model([](std::span<const int32_t>, std::span<float> logits) {
    logits[FakeTokenizer::kEndOfTurn] = std::log(3.0F);
  });
  LabelPrompt prompt = {"{text}"};
  prompt.chat_template =
      ChatTemplate::create({"test", "{{ messages[0].content }}", "", {}}).value();
  auto classifier = LabelClassifier::create(model, {"no", "not"}, prompt, {}).value();
  EXPECT_THAT(
      classifier.classify("x").value(),
      testing::ElementsAre(testing::DoubleNear(0.75, 1e-6), testing::DoubleNear(0.25, 1e-6)));
}

TEST(LabelClassifiers, BadPromptsAndLabelsAreRefused) {
  const FakeModel model(echo());
  const auto message = [&](std::vector<std::string> labels, std::string_view prompt) {
    return LabelClassifier::create(model, std::move(labels), {std::string(prompt)}, {})
        .error()
        .message;
  };
  EXPECT_THAT(message({"a"}, "{text}"), HasSubstr("expected at least two labels, found 1"));
  EXPECT_THAT(message({"a", " "}, "{text}"), HasSubstr("label 2 is empty"));
  EXPECT_THAT(message({"a", "b", "a"}, "{text}"), HasSubstr("the label \"a\" is there twice"));
  EXPECT_THAT(message({"a", "b"}, "text"), HasSubstr("has to hold {text} once"));
  EXPECT_THAT(message({"a", "b"}, "{text}{text}"), HasSubstr("has to hold {text} once"));
  auto classifier = LabelClassifier::create(model, {"a", "b"}, {"{text}"}, {}).value();
  EXPECT_EQ(classifier.classify(std::string(100, 'x')).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace ganglion
