#include "guard/egress.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "base/hash.h"

namespace ganglion {
namespace {

class FailingDetector final : public Detector {
 public:
  std::string_view name() const override { return "broken things"; }
  Status detect(const ScannedText&, std::vector<Finding>&) const override {
    return fail(ErrorCode::kIo, "model file is gone");
  }
};

json::value request(std::string_view content) {
  return {{"model", "small-1"},
          {"messages", json::array{{{"role", "user"}, {"content", content}}}},
          {"temperature", 0.5}};
}

static_assert(!std::is_default_constructible_v<RedactedPayload>);
static_assert(!std::is_constructible_v<RedactedPayload, std::string, std::string,
                                       std::vector<std::pair<std::string, uint32_t>>>);

TEST(Egress, RedactsTextAndLeavesTheProtocol) {
  const Redactor redactor(make_rule_detectors());
  const Egress egress(redactor);
  Pseudonyms pseudonyms;
  const auto payload =
      egress.prepare(request("Mail ann@example.org about card 4111 1111 1111 1111."), &pseudonyms);
  ASSERT_TRUE(payload.ok()) << payload.error().message;
  EXPECT_EQ(payload->bytes(),
            R"({"model":"small-1","messages":[{"role":"user","content":)"
            R"("Mail [EMAIL_1] about card [CREDIT_CARD_1]."}],"temperature":0.5})");
  EXPECT_EQ(payload->sha256_hex(), to_hex(sha256(payload->bytes())));
  const std::vector<std::pair<std::string, uint32_t>> expected = {{"CREDIT_CARD", 1}, {"EMAIL", 1}};
  EXPECT_EQ(payload->tally(), expected);
  EXPECT_EQ(pseudonyms.restore("[EMAIL_1]"), "ann@example.org");
}

TEST(Egress, RedactsNumbersNamesAndNestedValues) {
  const Redactor redactor(make_rule_detectors());
  const Egress egress(redactor);
  json::value body = request("see arguments");
  body.as_object()["metadata"] = {
      {"card", 4111111111111111},
      {"bob@example.org", json::array{"021000021 is my routing number"}},
      {"count", 12}};
  const auto payload = egress.prepare(body, nullptr);
  ASSERT_TRUE(payload.ok()) << payload.error().message;
  EXPECT_EQ(payload->bytes().find("4111"), std::string_view::npos) << payload->bytes();
  EXPECT_EQ(payload->bytes().find("bob@"), std::string_view::npos) << payload->bytes();
  EXPECT_EQ(payload->bytes().find("021000021"), std::string_view::npos) << payload->bytes();
  EXPECT_NE(payload->bytes().find("\"count\":12"), std::string_view::npos) << payload->bytes();
}

TEST(Egress, AFailingDetectorBlocks) {
  auto detectors = make_rule_detectors();
  detectors.push_back(std::make_unique<FailingDetector>());
  const Redactor redactor(std::move(detectors));
  const auto payload = Egress(redactor).prepare(request("harmless"), nullptr);
  ASSERT_FALSE(payload.ok());
  EXPECT_EQ(payload.error().code, ErrorCode::kDenied);
  EXPECT_NE(payload.error().message.find("broken things"), std::string::npos);
  EXPECT_NE(payload.error().message.find("/messages/0/content"), std::string::npos);
  EXPECT_EQ(payload.error().message.find("harmless"), std::string::npos);
}

TEST(Egress, ProtocolFieldsCannotCarryText) {
  const Redactor redactor(make_rule_detectors());
  json::value body = request("hello");
  body.as_object()["model"] = "small-1, and my name is Ann";
  const auto payload = Egress(redactor).prepare(body, nullptr);
  ASSERT_FALSE(payload.ok());
  EXPECT_EQ(payload.error().code, ErrorCode::kDenied);
}

TEST(Egress, BrokenTextBlocks) {
  const Redactor redactor(make_rule_detectors());
  EXPECT_FALSE(Egress(redactor).prepare(request("caf\xE9"), nullptr).ok());
}

}  // namespace
}  // namespace ganglion
