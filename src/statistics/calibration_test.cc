#include "statistics/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace ganglion {
namespace {

TEST(LogSumExp, DoesNotOverflow) {
  EXPECT_NEAR(log_sum_exp(std::vector<double>{1000, 1000}), 1000 + std::log(2.0), 1e-9);
}

TEST(FitTemperature, RecoversTheOneThatWasApplied) {
  // Labels drawn from softmax(z); the logits are handed over three times too large.
  Rng rng(3);
  std::vector<double> logits;
  std::vector<uint32_t> labels;
  for (int row = 0; row < 20000; ++row) {
    const double z = 2 * rng.normal();
    logits.push_back(3 * z);
    logits.push_back(0);
    labels.push_back(rng.uniform() < 1 / (1 + std::exp(-z)) ? 0 : 1);
  }
  EXPECT_NEAR(fit_temperature(logits, 2, labels), 3.0, 0.15);
}

TEST(IsotonicMap, PoolsViolatorsByHand) {
  // 0.1:0, 0.2:1, 0.3:0, 0.4:1 pools 0.2 and 0.3 into (0.25, 0.5).
  const IsotonicMap map =
      IsotonicMap::fit(std::vector<double>{0.1, 0.2, 0.3, 0.4}, std::vector<uint8_t>{0, 1, 0, 1});
  ASSERT_EQ(map.scores().size(), 3U);
  EXPECT_DOUBLE_EQ(map.scores()[1], 0.25);
  EXPECT_DOUBLE_EQ(map.values()[0], 0.25) << "one row: at least 0.5 / 2";
  EXPECT_DOUBLE_EQ(map.values()[1], 0.5);
  EXPECT_DOUBLE_EQ(map.values()[2], 0.75);
  EXPECT_DOUBLE_EQ(map(0.0), 0.25);
  EXPECT_DOUBLE_EQ(map(1.0), 0.75);
  EXPECT_NEAR(map(0.175), 0.375, 1e-12) << "half way between two knots";
}

TEST(IsotonicMap, NeverFalls) {
  Rng rng(5);
  std::vector<double> scores;
  std::vector<uint8_t> correct;
  for (int i = 0; i < 2000; ++i) {
    scores.push_back(std::floor(rng.uniform() * 100) / 100);  // many ties
    correct.push_back(rng.uniform() < scores.back() * scores.back() ? 1 : 0);
  }
  const IsotonicMap map = IsotonicMap::fit(scores, correct);
  EXPECT_TRUE(IsotonicMap::is_valid(map.scores(), map.values()));
  for (double s = 0; s < 1; s += 0.01) EXPECT_LE(map(s), map(s + 0.01));
  EXPECT_NEAR(map(0.5), 0.25, 0.06);
}

TEST(IsotonicMap, KnowsBadKnots) {
  using D = std::vector<double>;
  EXPECT_TRUE(IsotonicMap::is_valid(D{0.1, 0.2}, D{0.5, 0.5}));
  EXPECT_FALSE(IsotonicMap::is_valid(D{}, D{}));
  EXPECT_FALSE(IsotonicMap::is_valid(D{0.2, 0.2}, D{0.5, 0.6}));
  EXPECT_FALSE(IsotonicMap::is_valid(D{0.1, 0.2}, D{0.6, 0.5}));
  EXPECT_FALSE(IsotonicMap::is_valid(D{0.1, 0.2}, D{0.6, 1.5}));
  EXPECT_FALSE(IsotonicMap::is_valid(D{0.1, NAN}, D{0.1, 0.2}));
  EXPECT_FALSE(IsotonicMap::is_valid(D{0.1}, D{0.1, 0.2}));
}

}  // namespace
}  // namespace ganglion
