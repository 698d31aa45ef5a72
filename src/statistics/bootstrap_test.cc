#include "statistics/bootstrap.h"

#include <gtest/gtest.h>

#include <vector>

namespace ganglion {
namespace {

TEST(Bootstrap, ConstantValuesHaveAnIntervalOfNoWidth) {
  Rng rng(1);
  const std::vector<double> values(50, 0.25);
  const Interval interval = bootstrap_mean_interval(values, 100, 0.05, rng);
  EXPECT_DOUBLE_EQ(interval.low, 0.25);
  EXPECT_DOUBLE_EQ(interval.high, 0.25);
}

TEST(Bootstrap, CoversTheTrueMeanAboutAsOftenAsItSays) {
  Rng rng(7);
  int covered = 0;
  for (int draw = 0; draw < 200; ++draw) {
    std::vector<double> values(200);
    for (double& value : values) value = rng.normal();
    const Interval interval = bootstrap_mean_interval(values, 400, 0.10, rng);
    covered += interval.low <= 0.0 && 0.0 <= interval.high ? 1 : 0;
  }
  EXPECT_GE(covered, 168);  // 90 % of 200, less 3 standard deviations
  EXPECT_LE(covered, 192);
}

}  // namespace
}  // namespace ganglion
