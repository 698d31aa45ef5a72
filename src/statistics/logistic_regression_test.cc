#include "statistics/logistic_regression.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace ganglion {
namespace {

TEST(LogisticRegression, GivesTheLogOddsOfACount) {
  // Without a useful feature only the bias is left: log(3 / 1).
  const std::vector<double> features = {5, 5, 5, 5};
  const auto model = fit_logistic_regression(features, 1, std::vector<uint8_t>{1, 1, 1, 0}, 1.0);
  EXPECT_EQ(model.weights[0], 0.0);
  EXPECT_NEAR(model.bias, std::log(3.0), 1e-5);
}

TEST(LogisticRegression, RecoversTheWeightsThatMadeTheLabels) {
  Rng rng(11);
  std::vector<double> features;
  std::vector<uint8_t> labels;
  for (int i = 0; i < 40000; ++i) {
    const double a = 10 + 2 * rng.normal();
    const double b = 0.1 * rng.normal();
    features.insert(features.end(), {a, b});
    labels.push_back(rng.uniform() < sigmoid(1.5 * (a - 10) - 8 * b - 1) ? 1 : 0);
  }
  const auto model = fit_logistic_regression(features, 2, labels, 1e-3);
  EXPECT_NEAR(model.weights[0], 1.5, 0.06);
  EXPECT_NEAR(model.weights[1], -8, 0.5);
  EXPECT_NEAR(model.bias, -16, 0.7);
}

TEST(LogisticRegression, StaysFiniteOnSeparableRows) {
  const std::vector<double> features = {-2, -1, 1, 2};
  const auto model = fit_logistic_regression(features, 1, std::vector<uint8_t>{0, 0, 1, 1}, 0.1);
  EXPECT_TRUE(std::isfinite(model.weights[0]));
  EXPECT_GT(model.log_odds(std::vector<double>{2}), 2.0);
  EXPECT_LT(model.log_odds(std::vector<double>{-2}), -2.0);
}

TEST(Sigmoid, DoesNotOverflow) {
  EXPECT_EQ(sigmoid(-1000), 0.0);
  EXPECT_EQ(sigmoid(1000), 1.0);
  EXPECT_DOUBLE_EQ(sigmoid(0), 0.5);
}

}  // namespace
}  // namespace ganglion
