#include "mesh/policy_labels.h"

#include <gtest/gtest.h>

#include "mesh/fake_skills.h"

namespace ganglion {
namespace {

Status check(std::vector<std::string> always_escalate) {
  MeshFile mesh;
  mesh.path = "mesh.yaml";
  mesh.policy.always_escalate = std::move(always_escalate);
  return check_policy_labels(mesh, FakeSkills{});
}

TEST(PolicyLabels, LabelsOfTheFirstSkillAreTaken) {
  EXPECT_TRUE(check({}).ok());
  EXPECT_TRUE(check({"refund", "oos"}).ok());
}

TEST(PolicyLabels, ATypoIsRefusedWithTheNearestLabel) {
  const Status status = check({"oos", "refnud"});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message,
            "mesh.yaml: policy.always_escalate: expected labels of the skill \"intent\", found "
            "\"refnud\"; did you mean \"refund\"?");
}

TEST(PolicyLabels, ALabelOfAnotherSkillIsRefused) {
  const Status status = check({"high"});
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("its labels are: login, refund, oos"), std::string::npos)
      << status.error().message;
}

}  // namespace
}  // namespace ganglion
