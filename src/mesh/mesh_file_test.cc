#include "mesh/mesh_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMesh = R"(version: 1
name: support
skills:
  classify:
    intent: {model: present}
    urgency: {model: present}
  extract: {schema: present}
  redact: {keep: [DATE]}
tiers:
  remote:
    base_url: https://api.example.com/v1
    model: big
    api_key_env: REMOTE_API_KEY
  person: {queue: queue.db}
limits:
  alpha: 0.05
  delta: 0.10
  max_escalation_share: 0.4
  budget_micros: 2000000
price:
  currency: EUR
  input_micros_per_1k_tokens: 2500
  output_micros_per_1k_tokens: 10000
policy:
  judged: [intent, urgency]
  always_escalate: chargeback
  when_uncertified: refuse
ledger: ledger.db
calibration: present
)";

class MeshFileTest : public testing::Test {
 protected:
  MeshFileTest() : folder_(fs::path(testing::TempDir()) / "mesh_file_test") {
    fs::create_directories(folder_);
    EXPECT_TRUE(write_file_atomic(folder_ / "present", "x").ok());
  }

  Result<MeshFile> parse(std::string_view text) const {
    return parse_mesh_file(text, folder_ / "mesh.yaml");
  }

  // The error after `from` became `to`, without the folder.
  std::string error_with(std::string_view from, std::string_view to) const {
    std::string text(kMesh);
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const auto mesh = parse(text);
    if (mesh.ok()) return "no error";
    std::string message = mesh.error().message;
    for (size_t found = 0; (found = message.find(folder_.string())) != std::string::npos;) {
      message.erase(found, folder_.string().size() + 1);
    }
    return message;
  }

  fs::path folder_;
};

TEST_F(MeshFileTest, ReadsEverything) {
  const auto mesh = parse(kMesh);
  ASSERT_TRUE(mesh.ok()) << mesh.error().message;
  EXPECT_EQ(mesh->name, "support");
  ASSERT_EQ(mesh->classify.size(), 2u);
  EXPECT_EQ(mesh->classify[0].name, "intent");
  EXPECT_EQ(mesh->classify[0].model, folder_ / "present");
  EXPECT_TRUE(mesh->extract);
  EXPECT_EQ(mesh->kept_types, (std::vector<PiiType>{PiiType::kDate}));
  EXPECT_FALSE(mesh->draft);
  EXPECT_EQ(mesh->remote->model, "big");
  EXPECT_EQ(mesh->person_queue, folder_ / "queue.db");
  EXPECT_EQ(mesh->limits.alpha, 0.05);
  EXPECT_EQ(mesh->limits.max_escalation_share, 0.4);
  EXPECT_EQ(mesh->budget_micros, 2'000'000);
  EXPECT_EQ(mesh->price.output_micros_per_1k_tokens, 10'000);
  EXPECT_EQ(mesh->policy.judged, (std::vector<std::string>{"intent", "urgency"}));
  EXPECT_EQ(mesh->policy.always_escalate, (std::vector<std::string>{"chargeback"}));
  EXPECT_EQ(mesh->policy.when_uncertified, OnViolation::kRefuse);
  EXPECT_EQ(mesh->policy.when_share_exceeded, OnViolation::kEscalate);
  EXPECT_EQ(mesh->sha256_hex.size(), 64u);
}

TEST_F(MeshFileTest, TheFirstSkillIsJudgedUnlessThePolicySaysOtherwise) {
  std::string text(kMesh);
  text.erase(text.find("policy:"), text.find("ledger:") - text.find("policy:"));
  EXPECT_EQ(parse(text)->policy.judged, (std::vector<std::string>{"intent"}));
}

TEST_F(MeshFileTest, UnknownKeysAreRefusedWithASuggestion) {
  EXPECT_EQ(error_with("limits:", "limts:"),
            "mesh.yaml:15:1: limts: unknown key; did you mean \"limits\"?");
  EXPECT_EQ(error_with("alpha: 0.05", "alpa: 0.05"),
            "mesh.yaml:16:3: limits.alpa: unknown key; did you mean \"alpha\"?");
  EXPECT_EQ(error_with("extract: {schema", "extract: {shcema"),
            "mesh.yaml:7:13: skills.extract.shcema: unknown key; did you mean \"schema\"?");
  EXPECT_EQ(error_with("judged", "jugded"),
            "mesh.yaml:25:3: policy.jugded: unknown key; did you mean \"judged\"?");
  EXPECT_EQ(error_with("model: big", "modle: big"),
            "mesh.yaml:12:5: tiers.remote.modle: unknown key; did you mean \"model\"?");
  EXPECT_EQ(error_with("person: {queue", "person: {file"),
            "mesh.yaml:14:12: tiers.person.file: unknown key; expected one of: queue");
  EXPECT_EQ(error_with("currency", "colour"),
            "mesh.yaml:21:3: price.colour: unknown key; expected one of: currency, "
            "input_micros_per_1k_tokens, output_micros_per_1k_tokens");
  EXPECT_EQ(error_with("intent: {model: present", "intent: {mdoel: present"),
            "mesh.yaml:5:14: skills.classify.intent.mdoel: unknown key; did you mean \"model\"?");
}

TEST_F(MeshFileTest, WrongValuesSayWhatWasExpected) {
  EXPECT_EQ(error_with("alpha: 0.05", "alpha: 5%"),
            "mesh.yaml:16:10: limits.alpha: expected a number between 0 and 1, both excluded, "
            "found \"5%\"; write 2 % as 0.02");
  EXPECT_EQ(error_with("alpha: 0.05", "alpha: 1"),
            "mesh.yaml:16:10: limits.alpha: expected a number between 0 and 1, both excluded, "
            "found \"1\"");
  EXPECT_EQ(error_with("budget_micros: 2000000", "budget_micros: 2.0"),
            "mesh.yaml:19:18: limits.budget_micros: expected a whole number from 0 to "
            "1125899906842624, found \"2.0\"");
  EXPECT_EQ(error_with("version: 1", "version: 2"),
            "mesh.yaml:1:10: version: expected a whole number from 1 to 1, found \"2\"");
  EXPECT_EQ(error_with("when_uncertified: refuse", "when_uncertified: refused"),
            "mesh.yaml:27:21: policy.when_uncertified: expected one of: escalate, refuse, found "
            "\"refused\"; did you mean \"refuse\"?");
  EXPECT_EQ(error_with("https://api.example.com/v1", "api.example.com"),
            "mesh.yaml:11:15: tiers.remote.base_url: address \"api.example.com\": the scheme is "
            "neither http:// nor https://; expected http[s]://host[:port]/path, e.g. "
            "https://api.example.com/v1");
  EXPECT_NE(error_with("api_key_env: REMOTE_API_KEY", "api_key_env: sk-12345")
                .find("mesh.yaml:13:18: tiers.remote.api_key_env: expected the name of an "
                      "environment variable"),
            std::string::npos);
}

TEST_F(MeshFileTest, KeptTypesMustExist) {
  EXPECT_EQ(error_with("[DATE]", "[DATES]"),
            "mesh.yaml:8:18: skills.redact.keep: \"DATES\" is not a type of personal data; "
            "docs/redaction.md lists them, e.g. DATE");
}

TEST_F(MeshFileTest, MissingKeysAndFilesAreNamed) {
  EXPECT_EQ(error_with("  delta: 0.10\n", ""),
            "mesh.yaml:16:3: limits.delta: missing; expected a number between 0 and 1, both "
            "excluded");
  EXPECT_EQ(error_with("  person: {queue: queue.db}\n", ""),
            "mesh.yaml:10:3: tiers.person: missing; expected a mapping");
  EXPECT_EQ(error_with("ledger: ledger.db\n", ""),
            "mesh.yaml:1:1: ledger: missing; expected a string");
  EXPECT_EQ(error_with("urgency: {model: present}", "urgency: {model: absent}"),
            "mesh.yaml:6:22: skills.classify.urgency.model: \"absent\" does not exist; make it "
            "with: ganglion train classifier --data F --out M");
  EXPECT_EQ(error_with("calibration: present", "calibration: absent.jsonl"),
            "mesh.yaml:29:14: calibration: \"absent.jsonl\" does not exist; expected labelled "
            "tickets that no model was trained on");
}

TEST_F(MeshFileTest, SkillsMustExist) {
  EXPECT_EQ(error_with("[intent, urgency]", "[intent, mood]"),
            "mesh.yaml:25:11: policy.judged: \"mood\" is not a skill of skills.classify");
  EXPECT_EQ(error_with("[intent, urgency]", "[]"),
            "mesh.yaml:25:11: policy.judged: expected at least one skill of skills.classify");
  EXPECT_EQ(error_with("    intent: {model: present}\n    urgency: {model: present}\n", "    {}\n"),
            "mesh.yaml:5:5: skills.classify: expected at least one skill, e.g. intent: {model: F}");
}

TEST_F(MeshFileTest, AMissingFileIsNamed) {
  const auto mesh = load_mesh_file(folder_ / "nowhere.yaml");
  ASSERT_FALSE(mesh.ok());
  EXPECT_NE(mesh.error().message.find("nowhere.yaml"), std::string::npos);
}

}  // namespace
}  // namespace ganglion
