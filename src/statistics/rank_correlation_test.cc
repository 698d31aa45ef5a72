#include "statistics/rank_correlation.h"

#include <gtest/gtest.h>

#include <vector>

namespace ganglion {
namespace {

TEST(SpearmanCorrelation, SeesOnlyTheOrder) {
  const std::vector<double> a = {1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(spearman_correlation(a, std::vector<double>{0, 10, 11, 1e9}), 1.0);
  EXPECT_DOUBLE_EQ(spearman_correlation(a, std::vector<double>{4, 3, 2, 1}), -1.0);
  EXPECT_DOUBLE_EQ(spearman_correlation(a, std::vector<double>{2, 1, 4, 3}), 0.6);
}

// scipy.stats.spearmanr([1, 2, 2, 3, 5], [2, 1, 3, 3, 4]) = 0.7632 (both sides have a tie).
TEST(SpearmanCorrelation, SharesTheRanksOfEqualValues) {
  EXPECT_NEAR(
      spearman_correlation(std::vector<double>{1, 2, 2, 3, 5}, std::vector<double>{2, 1, 3, 3, 4}),
      0.7632, 5e-5);
}

TEST(SpearmanCorrelation, OfAConstantIsZero) {
  EXPECT_EQ(spearman_correlation(std::vector<double>{1, 1, 1}, std::vector<double>{1, 2, 3}), 0.0);
}

}  // namespace
}  // namespace ganglion
