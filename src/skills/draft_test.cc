#include "skills/draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kPolicy = R"(
greeting: "Hello {customer|there},"
sections:
  opening: {text: "Thank you for writing about {order_id|your request}."}
  parcel: {text: "Your parcel: {tracking_number}."}
  answer: {title: "From our help pages:", quotes: 2}
closing: "Kind regards"
required_phrases: ["thank you", "kind regards"]
forbidden_phrases: ["guarantee*", "five business days"]
)";

class DraftTest : public testing::Test {
 protected:
  Draft draft(const DraftRequest& request, std::string_view policy_text = kPolicy) {
    auto policy = parse_draft_policy(policy_text, "policy.yaml");
    EXPECT_TRUE(policy.ok()) << policy.error().message;
    const Drafter drafter(std::move(policy).value(), *articles_);
    auto result = drafter.draft(request);
    EXPECT_TRUE(result.ok());
    return std::move(result).value();
  }

  const Result<KnowledgeBase> articles_ =
      KnowledgeBase::build({{"refunds.md", "Refunds",
                             "# Refunds\n## By card\nWe refund the card\nthat paid. It takes three "
                             "days. Fees are kept.\n"
                             "## By mail\nA refund by mail is guaranteed. Ask for it.\n"},
                            {"printers.md", "Printers",
                             "# Printers\n- The printer wants paper.\n2. It wants ink, too.\n"}},
                           nullptr);
};

TEST_F(DraftTest, QuotesArticlesAndNamesThePlaces) {
  const Draft result = draft({.text = "When is my card refunded? How many days does it take?",
                              .values = {{"order_id", "LB-1234567"}}});
  EXPECT_EQ(result.status, DraftStatus::kReady);
  EXPECT_EQ(result.text,
            "Hello there,\n\n"
            "Thank you for writing about LB-1234567.\n\n"
            "From our help pages:\n"
            "- We refund the card that paid. [1]\n"
            "- It takes three days. [2]\n\n"
            "Kind regards\n\n"
            "[1] Refunds > By card (refunds.md, bytes 21 to 50)\n"
            "[2] Refunds > By card (refunds.md, bytes 51 to 71)");
  EXPECT_THAT(result.left_out, ElementsAre("parcel"));
  EXPECT_THAT(result.violations, IsEmpty());
  ASSERT_EQ(result.citations.size(), 2u);
  EXPECT_EQ(result.citations[0].quote, "We refund the card\nthat paid.");
  for (const Citation& citation : result.citations) {
    EXPECT_EQ(citation.range.in(articles_->documents()[0].text), citation.quote);
  }
}

TEST_F(DraftTest, AForbiddenPhraseInAnArticleIsCaught) {
  const Draft result = draft({.text = "refund by mail", .values = {}});
  EXPECT_EQ(result.status, DraftStatus::kPolicyViolation);
  EXPECT_FALSE(result.accepted());
  ASSERT_EQ(result.violations.size(), 1u);
  EXPECT_EQ(result.violations[0].kind, PolicyViolation::Kind::kForbiddenFound);
  EXPECT_EQ(result.violations[0].phrase, "guarantee*");
  EXPECT_EQ(result.violations[0].found, "guaranteed");
}

TEST_F(DraftTest, AForbiddenPhraseInAValueIsCaught) {
  const Draft result =
      draft({.text = "card refund", .values = {{"order_id", "Five\nBUSINESS  days"}}});
  EXPECT_EQ(result.status, DraftStatus::kPolicyViolation);
}

TEST_F(DraftTest, AMissingRequiredPhraseIsCaught) {
  const Draft result = draft({.text = "card refund", .values = {}},
                             "sections: {answer: {quotes: 1}}\nrequired_phrases: [thank you]\n");
  EXPECT_EQ(result.status, DraftStatus::kPolicyViolation);
  ASSERT_EQ(result.violations.size(), 1u);
  EXPECT_EQ(result.violations[0].kind, PolicyViolation::Kind::kRequiredMissing);
  const json::object object = draft_to_json(result);
  EXPECT_EQ(object.at("status").as_string(), "policy_violation");
  EXPECT_EQ(object.at("violations").at(0).at("kind").as_string(), "required_phrase_missing");
}

TEST_F(DraftTest, WithoutAPassageThereIsNoDraft) {
  const Draft result = draft({.text = "weather tomorrow", .values = {}});
  EXPECT_EQ(result.status, DraftStatus::kNoPassage);
  EXPECT_FALSE(result.accepted());
  EXPECT_THAT(result.citations, IsEmpty());
  EXPECT_THAT(result.left_out, ElementsAre("parcel", "answer"));
}

TEST_F(DraftTest, AQuotedListItemLosesItsMark) {
  const Draft result =
      draft({.text = "printer paper ink", .values = {}}, "sections: {answer: {quotes: 2}}\n");
  ASSERT_EQ(result.citations.size(), 2u);
  EXPECT_EQ(result.text.substr(0, result.text.find("\n\n")),
            "- The printer wants paper. [1]\n- It wants ink, too. [2]");
  for (const Citation& citation : result.citations) {
    EXPECT_EQ(citation.range.in(articles_->documents()[1].text), citation.quote);
  }
}

TEST_F(DraftTest, SectionsMayHaveATitle) {
  const Draft result = draft({.text = "x", .values = {}},
                             "sections: {next: {title: \"Next:\", text: \"Reply.\"}}\n");
  EXPECT_EQ(result.text, "Next:\nReply.");
  EXPECT_EQ(result.status, DraftStatus::kReady);
}

}  // namespace
}  // namespace ganglion
