#include "models/class_calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace ganglion {
namespace {

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

TEST(ClassCalibration, DividesByTheTemperature) {
  ClassCalibration calibration;
  calibration.temperature = 2;
  const auto p = calibration.probabilities({{std::log(9.0), 0.0}, {}}, std::nullopt);
  EXPECT_NEAR(p[0], 0.75, 1e-12);  // sqrt(9) : 1
  EXPECT_NEAR(p[1], 0.25, 1e-12);
}

TEST(ClassCalibration, GivesTheAbstainClassItsShareFirst) {
  ClassCalibration calibration;
  calibration.abstain.weights.assign(kNumAbstainSignals, 0.0);
  calibration.abstain.weights[0] = 1;
  ClassScores scores;
  scores.logits = {0.0, 5.0, std::log(3.0)};  // the logit of the abstain class, 1, is not used
  scores.abstain_signals[0] = std::log(0.25);
  const auto p = calibration.probabilities(scores, 1);
  EXPECT_NEAR(p[1], 0.2, 1e-12);
  EXPECT_NEAR(p[0], 0.8 / 4, 1e-12);
  EXPECT_NEAR(p[2], 0.8 * 3 / 4, 1e-12);
}

TEST(ClassCalibration, MovesTheLargestByTheIsotonicMap) {
  ClassCalibration calibration;
  calibration.isotonic = IsotonicMap({0.0, 1.0}, {0.4, 0.4});
  const auto p =
      calibration.probabilities({{std::log(8.0), std::log(1.0), std::log(1.0)}, {}}, std::nullopt);
  EXPECT_NEAR(p[0], 0.4, 1e-12);
  EXPECT_NEAR(p[1], 0.3, 1e-12);
  EXPECT_NEAR(sum(p), 1, 1e-12);
}

TEST(ClassCalibration, KeepsTheLargestOnTop) {
  ClassCalibration calibration;
  calibration.isotonic = IsotonicMap({0.5}, {0.1});
  const auto p = calibration.probabilities({{0.1, 0.0}, {}}, std::nullopt);
  EXPECT_GE(p[0], p[1]);
}

}  // namespace
}  // namespace ganglion
