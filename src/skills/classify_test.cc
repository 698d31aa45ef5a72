#include "skills/classify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "skills/classifier_training.h"

namespace ganglion {
namespace {

using ::testing::HasSubstr;

// Eight numbers that count the letters of a text, by the letter's number modulo eight.
class LetterEncoder final : public Encoder {
 public:
  size_t hidden_size() const override { return 8; }
  Status embed(std::span<const std::string_view> texts, std::span<float> out) const override {
    for (size_t row = 0; row < texts.size(); ++row) {
      const auto vector = out.subspan(row * 8, 8);
      std::fill(vector.begin(), vector.end(), 0.0F);
      for (const char c : texts[row]) vector[static_cast<unsigned char>(c) % 8] += 1;
      float squares = 0;
      for (const float value : vector) squares += value * value;
      for (float& value : vector) value /= std::sqrt(std::max(squares, 1.0F));
    }
    return {};
  }
};

IdentifiedEncoder letter_encoder() { return {std::make_shared<LetterEncoder>(), "sha256:letters"}; }

class Classify : public ::testing::Test {
 protected:
  Classify() : folder_(::testing::TempDir()) {
    std::string lines;
    const std::vector<std::vector<std::string>> words = {{"card", "lost", "stolen", "block"},
                                                         {"transfer", "send", "iban", "money"}};
    for (size_t i = 0; i < 40; ++i) {
      const auto& from = words[i % 2];
      lines += R"({"text":"please )" + from[i % 4] + " my " + from[(i / 4) % 4] + R"(","label":")" +
               (i % 2 == 0 ? "card" : "transfer") + "\"}\n";
    }
    train_path_ = write("classify_train.jsonl", lines);
  }

  std::filesystem::path write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name) << bytes;
    return folder_ / name;
  }

  Result<TrainedClassifier> train(const std::string& abstain_label = "") {
    ClassifierTrainingRequest request;
    request.train_path = train_path_;
    request.abstain_label = abstain_label;
    request.num_threads = 1;
    SilentProgress progress;
    return train_classifier_from_files(request, letter_encoder(), progress);
  }

  std::filesystem::path folder_;
  std::filesystem::path train_path_;
};

TEST_F(Classify, TrainsSavesLoadsAndClassifies) {
  auto trained = train();
  ASSERT_TRUE(trained.ok()) << trained.error().message;
  const auto path = folder_ / "classify.gguf";
  ASSERT_TRUE(trained->classifier.save(path).ok());
  const auto classifier = Classifier::load(path, letter_encoder());
  ASSERT_TRUE(classifier.ok()) << classifier.error().message;
  const Classification result = classifier->classify("please block my lost card").value();
  EXPECT_EQ(result.label, "card");
  EXPECT_GT(result.confidence, 0.8);
  ASSERT_EQ(result.top.size(), 2U);
  EXPECT_EQ(result.top[0].label, "card");
  EXPECT_NEAR(result.top[0].probability + result.top[1].probability, 1, 1e-9);
  EXPECT_FALSE(result.oos_score.has_value());
  EXPECT_EQ(classifier->abstain_label(), "");
}

TEST_F(Classify, RefusesAnotherEncoder) {
  const auto path = folder_ / "classify_other.gguf";
  ASSERT_TRUE(train()->classifier.save(path).ok());
  IdentifiedEncoder other = letter_encoder();
  other.id = "sha256:other";
  const auto classifier = Classifier::load(path, other);
  ASSERT_FALSE(classifier.ok());
  EXPECT_EQ(classifier.error().code, ErrorCode::kConflict);
  EXPECT_THAT(classifier.error().message, HasSubstr("trained with the encoder sha256:letters"));
}

TEST_F(Classify, RefusesTextThatIsNotUtf8) {
  const auto classifier =
      Classifier::create(std::move(train()->classifier), letter_encoder(), "memory");
  EXPECT_THAT(classifier->classify("caf\xE9").error().message, HasSubstr("byte 4"));
}

TEST_F(Classify, TakesTextWithoutWords) {
  const auto classifier =
      Classifier::create(std::move(train()->classifier), letter_encoder(), "memory");
  for (const std::string& text : {std::string(), std::string("?!"), std::string(100'000, 'x')}) {
    EXPECT_LE(classifier->classify(text).value().confidence, 1.0);
  }
}

TEST_F(Classify, NamesAnAbstainLabelThatNoRowHas) {
  EXPECT_THAT(train("oos").error().message, HasSubstr("no row has the abstain label \"oos\""));
  EXPECT_THAT(train("card").error().message, HasSubstr("only one label"));
}

TEST_F(Classify, NamesTheLineOfAnUnknownValidationLabel) {
  ClassifierTrainingRequest request;
  request.train_path = train_path_;
  request.validation_path = write("classify_validation.jsonl",
                                  "{\"text\":\"a\",\"label\":\"card\"}\n"
                                  "{\"text\":\"b\",\"label\":\"crad\"}\n");
  SilentProgress progress;
  const auto trained = train_classifier_from_files(request, letter_encoder(), progress);
  ASSERT_FALSE(trained.ok());
  EXPECT_THAT(trained.error().message, HasSubstr(":2: the label \"crad\" is not among the 2"));
}

}  // namespace
}  // namespace ganglion
