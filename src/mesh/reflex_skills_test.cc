// The real skills on the example inbox, with classifiers trained here.
#include "mesh/reflex_skills.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "mesh/calibration.h"
#include "skills/classifier_training.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

const fs::path kSupport = "examples/support";

// A classifier of the example's intents, trained once for all tests on too few tickets to be good
// (the demonstration trains on all of them); empty where that failed.
fs::path trained_model() {
  static const fs::path path = [] {
    const fs::path model = fs::path(testing::TempDir()) / "reflex_skills_intent.gguf";
    const auto encoder = load_identified_encoder();
    EXPECT_TRUE(encoder.ok()) << (encoder.ok() ? "" : encoder.error().message);
    if (!encoder.ok()) return fs::path();
    constexpr int kTickets = 80;
    std::ifstream all(kSupport / "tickets/train.jsonl");
    std::string few;
    std::string line;
    for (int i = 0; i < kTickets && std::getline(all, line); ++i) few += line + "\n";
    ClassifierTrainingRequest request;
    request.train_path = fs::path(testing::TempDir()) / "reflex_skills_train.jsonl";
    EXPECT_TRUE(write_file_atomic(request.train_path, few).ok());
    request.columns.label = "intent";
    request.abstain_label = "oos";
    request.num_threads = 1;
    SilentProgress progress;
    const auto trained = train_classifier_from_files(request, *encoder, progress);
    EXPECT_TRUE(trained.ok()) << (trained.ok() ? "" : trained.error().message);
    if (!trained.ok() || !trained->classifier.save(model).ok()) return fs::path();
    return model;
  }();
  return path;
}

class ReflexSkillsTest : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path model = trained_model();
    ASSERT_FALSE(model.empty()) << "no classifier; has this build its models (models/*.gguf)?";
    mesh_.classify = {{"intent", model}};
    mesh_.extract = ExtractSkill{kSupport / "schema.json", {}};
    mesh_.draft = DraftSkill{kSupport / "articles", kSupport / "policy.yaml"};
    mesh_.calibration = kSupport / "tickets/calibration.jsonl";
    mesh_.policy.judged = {"intent"};
    mesh_.limits = {0.10, 0.10, 1.0};
    auto skills = ReflexSkills::load(mesh_);
    ASSERT_TRUE(skills.ok()) << skills.error().message;
    skills_ = std::move(skills).value();
  }

  MeshFile mesh_;
  std::unique_ptr<ReflexSkills> skills_;
};

TEST_F(ReflexSkillsTest, DoesEveryStep) {
  const ReflexAnswer answer = skills_->answer(
      "Where is my parcel with the Nest Printer? Order LB-2048173 has not arrived, please write to "
      "maeve@bakery.example");
  ASSERT_FALSE(answer.failure) << answer.failure_message;
  EXPECT_EQ(answer.redacted_text.find("maeve@bakery.example"), std::string::npos);
  EXPECT_EQ(answer.redactions.at("EMAIL"), 1);
  ASSERT_EQ(answer.labels.size(), 1u);
  const std::vector<std::string>& labels = skills_->skill_labels().front();
  EXPECT_EQ(std::count(labels.begin(), labels.end(), answer.labels[0].label), 1);
  EXPECT_GE(answer.labels[0].margin, 0.0);
  EXPECT_NE(answer.fields_json.find("Nest Printer"), std::string::npos);
  if (answer.labels[0].label == "oos") return;  // then no draft is asked for
  ASSERT_TRUE(answer.draft);
  EXPECT_EQ(answer.draft->verdict, DraftVerdict::kAccepted);
  EXPECT_FALSE(answer.draft->passages.empty());
  EXPECT_EQ(answer.draft->redacted_text.find("maeve@bakery.example"), std::string::npos);
}

TEST_F(ReflexSkillsTest, ADraftForTheReportHasNothingThatWasReadFromARedactedValue) {
  std::string policy = read_file(kSupport / "policy.yaml").value();
  const std::string_view name = "{order_id|";
  policy.replace(policy.find(name), name.size(), "{invoice_number|");
  mesh_.draft->policy = fs::path(testing::TempDir()) / "reflex_skills_policy.yaml";
  ASSERT_TRUE(write_file_atomic(mesh_.draft->policy, policy).ok());
  const auto skills = ReflexSkills::load(mesh_);
  ASSERT_TRUE(skills.ok()) << skills.error().message;
  const ReflexAnswer answer = (*skills)->answer(
      "Where is my parcel with the Nest Printer? It has not arrived: "
      "https://shop.example/orders/INV-2026-12345");
  ASSERT_FALSE(answer.failure) << answer.failure_message;
  EXPECT_EQ(answer.redacted_text.find("INV-2026-12345"), std::string::npos);
  ASSERT_TRUE(answer.draft);
  EXPECT_NE(answer.draft->text.find("about INV-2026-12345."), std::string::npos);
  EXPECT_EQ(answer.draft->redacted_text.find("INV-2026-12345"), std::string::npos);
  EXPECT_NE(answer.draft->redacted_text.find("about [REDACTED]."), std::string::npos);
}

TEST_F(ReflexSkillsTest, KnowsItsLabelsAndModels) {
  EXPECT_EQ(skills_->skill_labels().front().size(), 11u);
  ASSERT_FALSE(skills_->models().empty());
  EXPECT_EQ(skills_->models().front().sha256.size(), 64u);
}

TEST_F(ReflexSkillsTest, AFewTicketsPromiseNothingFalse) {
  mesh_.limits = {0.001, 0.001, 1.0};
  const auto calibration = calibrate(mesh_, *skills_);
  ASSERT_TRUE(calibration.ok()) << calibration.error().message;
  EXPECT_EQ(calibration->outcomes.size(), 294u);
  EXPECT_FALSE(calibration->certificate.threshold);
}

TEST_F(ReflexSkillsTest, AMissingModelIsNamed) {
  mesh_.classify[0].model = "absent.gguf";
  const auto skills = ReflexSkills::load(mesh_);
  ASSERT_FALSE(skills.ok());
  EXPECT_NE(skills.error().message.find("absent.gguf"), std::string::npos);
}

}  // namespace
}  // namespace ganglion
