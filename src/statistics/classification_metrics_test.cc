#include "statistics/classification_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ganglion {
namespace {

using Doubles = std::vector<double>;
using Bits = std::vector<uint8_t>;

TEST(Auroc, CountsPairsByHand) {
  // Positives 0.8 and 0.4, negatives 0.6, 0.4 and 0.1. Pairs won: 3 + 1, tied: 1 of 6.
  EXPECT_DOUBLE_EQ(auroc(Doubles{0.8, 0.4, 0.6, 0.4, 0.1}, Bits{1, 1, 0, 0, 0}), 4.5 / 6);
}

TEST(Auroc, KnowsItsLimits) {
  EXPECT_DOUBLE_EQ(auroc(Doubles{1, 2, 3}, Bits{0, 0, 1}), 1.0);
  EXPECT_DOUBLE_EQ(auroc(Doubles{1, 2, 3}, Bits{1, 0, 0}), 0.0);
  EXPECT_DOUBLE_EQ(auroc(Doubles{5, 5, 5}, Bits{1, 0, 0}), 0.5);
  EXPECT_DOUBLE_EQ(auroc(Doubles{1, 2}, Bits{1, 1}), 0.5);
}

TEST(ExpectedCalibrationError, MatchesAHandComputedValue) {
  // Two bins. Low: 0.2 (wrong), 0.4 (right): |0.5 - 0.3| = 0.2. High: 0.6, 0.9, 1.0 (two right):
  // |2/3 - 2.5/3| = 1/6. Weighted: (2 * 0.2 + 3 * 1/6) / 5 = 0.18.
  EXPECT_NEAR(
      expected_calibration_error(Doubles{0.2, 0.4, 0.6, 0.9, 1.0}, Bits{0, 1, 1, 0, 1}, {}, 2),
      0.18, 1e-12);
  EXPECT_EQ(expected_calibration_error({}, {}), 0.0);
}

TEST(ClassificationMetrics, WeightsStandForRepetitions) {
  const Doubles confidences = {0.2, 0.4, 0.9};
  const Doubles repeated = {0.2, 0.2, 0.4, 0.9, 0.9, 0.9};
  const Bits correct = {0, 1, 1};
  const Bits correct_repeated = {0, 0, 1, 1, 1, 1};
  const Doubles weights = {2, 1, 3};
  EXPECT_NEAR(expected_calibration_error(confidences, correct, weights, 2),
              expected_calibration_error(repeated, correct_repeated, {}, 2), 1e-12);
  EXPECT_NEAR(binary_log_loss(confidences, correct, weights),
              binary_log_loss(repeated, correct_repeated), 1e-12);
  EXPECT_NEAR(share_of_ones(correct, weights), share_of_ones(correct_repeated), 1e-12);
}

TEST(BinaryLogLoss, MatchesAHandComputedValue) {
  EXPECT_NEAR(binary_log_loss(Doubles{0.8, 0.3}, Bits{1, 0}), -(std::log(0.8) + std::log(0.7)) / 2,
              1e-12);
  EXPECT_NEAR(binary_log_loss(Doubles{0.0}, Bits{1}), -std::log(1e-6), 1e-9) << "clamped";
}

TEST(ShareOfOnes, Counts) { EXPECT_DOUBLE_EQ(share_of_ones(Bits{1, 0, 1, 1}), 0.75); }

}  // namespace
}  // namespace ganglion
