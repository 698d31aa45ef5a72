#include "mesh/router.h"

#include <gtest/gtest.h>

#include <ctime>

namespace ganglion {
namespace {

Route decide(const Router& router, double intent, double urgency, std::string_view label = "login",
             DraftVerdict draft = DraftVerdict::kAccepted) {
  const SkillScore scores[] = {{label, intent}, {"high", urgency}};
  return router.decide(scores, draft);
}

TEST(Router, AnswersAtAndAboveTheThreshold) {
  const Router router({0}, {}, 0.8);
  EXPECT_TRUE(decide(router, 0.8, 0.1).local);
  EXPECT_EQ(decide(router, 0.8, 0.1).reason, RouteReason::kConfident);
  EXPECT_FALSE(decide(router, 0.799, 1.0).local);
  EXPECT_EQ(decide(router, 0.799, 1.0).reason, RouteReason::kRiskAboveLimit);
  EXPECT_EQ(decide(router, 0.9, 0.1).confidence, 0.9);
}

TEST(Router, TheLeastSureOfTheJudgedSkillsCounts) {
  const Router router({0, 1}, {}, 0.8);
  EXPECT_FALSE(decide(router, 0.9, 0.7).local);
  EXPECT_EQ(decide(router, 0.9, 0.7).confidence, 0.7);
  EXPECT_TRUE(decide(router, 0.9, 0.85).local);
}

TEST(Router, OutOfScopeIsAnAnswer) {
  const Router router({0}, {}, 0.8);
  EXPECT_TRUE(decide(router, 0.95, 1.0, "oos").local);
}

TEST(Router, ThePolicyComesFirst) {
  const Router router({0}, {"chargeback"}, 0.8);
  EXPECT_EQ(decide(router, 1.0, 1.0, "chargeback").reason, RouteReason::kAlwaysEscalated);
  const auto reason = [&](double intent, DraftVerdict draft) {
    return decide(router, intent, 1.0, "login", draft).reason;
  };
  EXPECT_EQ(reason(1.0, DraftVerdict::kRejected), RouteReason::kDraftRejected);
  EXPECT_EQ(reason(1.0, DraftVerdict::kNoPassage), RouteReason::kNoPassage);
  EXPECT_EQ(reason(0.1, DraftVerdict::kRejected), RouteReason::kRiskAboveLimit);
}

TEST(Router, WithoutACertificateNothingIsAnswered) {
  const Router router({0}, {}, std::nullopt);
  EXPECT_FALSE(decide(router, 1.0, 1.0).local);
  EXPECT_EQ(decide(router, 1.0, 1.0).reason, RouteReason::kNotCertified);
}

TEST(Router, EveryReasonHasItsOwnName) {
  for (int a = 0; a < kNumRouteReasons; ++a) {
    EXPECT_FALSE(route_reason_text(static_cast<RouteReason>(a)).empty());
    for (int b = 0; b < a; ++b) {
      EXPECT_NE(route_reason_name(static_cast<RouteReason>(a)),
                route_reason_name(static_cast<RouteReason>(b)));
    }
  }
}

// routing.md, goal 7: at most 5 us from scores to route.
TEST(Router, DecidesWithinFiveMicroseconds) {
  const Router router({0, 1}, {"chargeback", "legal"}, 0.8);
  constexpr int kDecisions = 100'000;
  int local = 0;
  const std::clock_t start = std::clock();
  for (int i = 0; i < kDecisions; ++i) local += decide(router, i % 100 / 100.0, 0.9).local ? 1 : 0;
  const double microseconds = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_EQ(local, kDecisions / 5);
  RecordProperty("nanoseconds", static_cast<int>(1000 * microseconds / kDecisions));
  EXPECT_LT(microseconds / kDecisions, 5.0);
}

}  // namespace
}  // namespace ganglion
