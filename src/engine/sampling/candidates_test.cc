#include "engine/sampling/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.h"
#include "engine/sampling/log_probabilities.h"

namespace ganglion {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> random_logits(size_t size, uint64_t seed, double step) {
  Rng rng(seed);
  std::vector<float> logits(size);
  for (float& logit : logits) {
    logit = static_cast<float>(std::round(rng.normal() * 3 / step) * step);
    if (rng.below(17) == 0) logit = -kInfinity;
  }
  return logits;
}

TEST(Candidates, TopIsWhatAFullSortGives) {
  for (const double step : {1e-6, 0.25}) {  // the second with many ties
    for (const size_t size : {1U, 2U, 50U, 5000U, 40'000U}) {
      const std::vector<float> logits = random_logits(size, size, step);
      Candidates sorted = all_candidates(logits);
      std::sort(sorted.begin(), sorted.end(), is_better);
      for (const size_t count : {0U, 1U, 2U, 40U, 1500U, 4999U, 60'000U}) {
        Candidates expected = sorted;
        expected.resize(std::min(count, expected.size()));
        Candidates actual = top_candidates(logits, count);
        EXPECT_TRUE(std::is_sorted(
            actual.begin(), actual.end(),
            [](const TokenCandidate& a, const TokenCandidate& b) { return a.id < b.id; }));
        std::sort(actual.begin(), actual.end(), is_better);
        EXPECT_EQ(actual, expected) << size << " " << count;
      }
    }
  }
}

TEST(Candidates, RisingLogitsFillTheSelectionAgainAndAgain) {
  std::vector<float> logits(10'000);
  for (size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i);
  const Candidates best = top_candidates(logits, 3);
  EXPECT_EQ(best, (Candidates{{9997, 9997}, {9998, 9998}, {9999, 9999}}));
}

TEST(Candidates, WeightsAreExponentials) {
  Candidates candidates;
  for (int i = 0; i <= 100'000; ++i) {
    candidates.push_back({i, -static_cast<float>(i) * 1e-3F});
  }
  std::vector<float> weights;
  const double total = softmax_weights(candidates, weights);
  double expected_total = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const double expected = std::exp(static_cast<double>(candidates[i].logit));
    expected_total += expected;
    if (candidates[i].logit > -85) {
      EXPECT_NEAR(weights[i] / expected, 1, 2e-7) << candidates[i].logit;
    } else {
      EXPECT_NEAR(weights[i], expected, 1e-37);
    }
  }
  EXPECT_NEAR(total / expected_total, 1, 1e-7);
}

TEST(Candidates, LogSumExpOfExtremeLogits) {
  EXPECT_DOUBLE_EQ(log_sum_exp(std::vector<float>{3e38F, -3e38F, -kInfinity}),
                   static_cast<double>(3e38F));
  EXPECT_NEAR(log_sum_exp(std::vector<float>{-1000, -1000}), -1000 + std::log(2.0), 1e-9);
}

TEST(Candidates, DrawFollowsTheShares) {
  const Candidates candidates = {{4, std::log(1.0F)}, {5, std::log(2.0F)}, {9, std::log(5.0F)}};
  EXPECT_EQ(draw(candidates, 0), 0U);
  EXPECT_EQ(draw(candidates, 0.124), 0U);
  EXPECT_EQ(draw(candidates, 0.126), 1U);
  EXPECT_EQ(draw(candidates, 0.374), 1U);
  EXPECT_EQ(draw(candidates, 0.376), 2U);
  EXPECT_EQ(draw(candidates, 1 - 0x1.0p-53), 2U);
  // What has no weight is never drawn, not even at the ends.
  const Candidates far = {{0, -500}, {1, 0}, {2, -500}};
  EXPECT_EQ(draw(far, 0), 1U);
  EXPECT_EQ(draw(far, 1 - 0x1.0p-53), 1U);
}

TEST(LogProbabilities, OfTheRawDistribution) {
  const std::vector<float> logits = {std::log(1.0F), std::log(6.0F), -kInfinity, std::log(3.0F)};
  const StepLogprobs step = log_probabilities(logits, 0, 2);
  EXPECT_EQ(step.chosen.id, 0);
  EXPECT_NEAR(step.chosen.logprob, std::log(0.1), 1e-6);
  ASSERT_EQ(step.top.size(), 2U);
  EXPECT_EQ(step.top[0].id, 1);
  EXPECT_NEAR(step.top[0].logprob, std::log(0.6), 1e-6);
  EXPECT_EQ(step.top[1].id, 3);
  EXPECT_NEAR(step.top[1].logprob, std::log(0.3), 1e-6);
  EXPECT_EQ(log_probabilities(logits, 2, 0).chosen.logprob, -static_cast<double>(kInfinity));
  EXPECT_EQ(log_probabilities(logits, 1, 100).top.size(), 3U);
}

}  // namespace
}  // namespace ganglion
