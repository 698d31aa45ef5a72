#include "mesh/calibration.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "mesh/fake_skills.h"

namespace ganglion {
namespace {

MeshFile mesh_with(const std::string& calibration_set) {
  MeshFile mesh;
  mesh.calibration = testing::TempDir() + "calibration_test.jsonl";
  EXPECT_TRUE(write_file_atomic(mesh.calibration, calibration_set).ok());
  mesh.policy.judged = {"intent"};
  mesh.policy.always_escalate = {"refund"};
  mesh.limits = {0.05, 0.10, 1.0};
  return mesh;
}

TEST(Calibration, CertifiesFromLabelledTickets) {
  std::string set;
  for (int i = 0; i < 300; ++i) set += "{\"text\":\"login 0.97 high 1\",\"intent\":\"login\"}\n";
  for (int i = 0; i < 50; ++i) set += "{\"text\":\"login 0.40 high 1\",\"intent\":\"oos\"}\n";
  for (int i = 0; i < 50; ++i) set += "{\"text\":\"refund 0.99 high 1\",\"intent\":\"oos\"}\n";
  const auto calibration = calibrate(mesh_with(set), FakeSkills{});
  ASSERT_TRUE(calibration.ok()) << calibration.error().message;
  EXPECT_EQ(calibration->outcomes.size(), 400u);
  EXPECT_EQ(calibration->outcomes.back().confidence, -1.0);  // the policy escalates it
  ASSERT_TRUE(calibration->certificate.threshold);
  EXPECT_GT(*calibration->certificate.threshold, 0.40);
  EXPECT_EQ(calibration->certificate.answered, 300);
  EXPECT_DOUBLE_EQ(calibration->certificate.escalation_share, 0.25);
}

TEST(Calibration, NeedsALabelOnEveryLine) {
  const auto calibration =
      calibrate(mesh_with("{\"text\":\"login 1 high 1\",\"intent\":\"login\"}\n"
                          "{\"text\":\"login 1 high 1\",\"urgency\":\"high\"}\n"),
                FakeSkills{});
  ASSERT_FALSE(calibration.ok());
  EXPECT_NE(calibration.error().message.find("calibration_test.jsonl:2: expected the right label "
                                             "in a member \"intent\""),
            std::string::npos)
      << calibration.error().message;
}

TEST(Calibration, ABadLineIsNeverSkipped) {
  const auto calibration = calibrate(mesh_with("{\"text\":1}\n"), FakeSkills{});
  ASSERT_FALSE(calibration.ok());
  EXPECT_NE(calibration.error().message.find("calibration_test.jsonl:1"), std::string::npos);
}

}  // namespace
}  // namespace ganglion
