#include "statistics/binomial.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ganglion {
namespace {

// Reference for small n: the sum of the terms, no shared code with the implementation.
double summed_cdf(int k, int n, double p) {
  double total = 0.0;
  for (int i = 0; i <= k; ++i) {
    double term = 1.0;
    for (int j = 0; j < i; ++j) term *= static_cast<double>(n - j) / (i - j) * p;
    total += term * std::pow(1.0 - p, n - i);
  }
  return total;
}

TEST(Binomial, CdfEqualsTheSumOfItsTerms) {
  for (int n : {1, 2, 5, 17, 60}) {
    for (int k = 0; k <= n; ++k) {
      for (double p : {0.001, 0.02, 0.3, 0.5, 0.77, 0.999}) {
        EXPECT_NEAR(binomial_cdf(k, n, p), summed_cdf(k, n, p), 1e-12) << k << " " << n << " " << p;
      }
    }
  }
}

TEST(Binomial, UpperBoundMatchesPublishedValues) {
  // No failure in n trials: 1 - delta^(1/n), in closed form ("rule of three").
  EXPECT_NEAR(binomial_upper_bound(0, 149, 0.05), 1.0 - std::pow(0.05, 1.0 / 149), 1e-12);
  // R 4.2: binom.test(5, 100)$conf.int = 0.01643187 0.11283491; binom.test(10, 20): 0.2719578.
  const Interval five_of_hundred = clopper_pearson_interval(5, 100, 0.05);
  EXPECT_NEAR(five_of_hundred.low, 0.01643187, 1e-7);
  EXPECT_NEAR(five_of_hundred.high, 0.11283491, 1e-7);
  EXPECT_NEAR(clopper_pearson_interval(10, 20, 0.05).low, 0.2719578, 1e-6);
}

TEST(Binomial, UpperBoundInvertsTheCdfUpToAMillionTrials) {
  for (int64_t n : {10L, 1000L, 100'000L, 1'000'000L}) {
    for (int64_t k : {int64_t{0}, n / 100, n / 3, n - 1}) {
      const double bound = binomial_upper_bound(k, n, 0.05);
      EXPECT_NEAR(binomial_cdf(k, n, bound), 0.05, 1e-8) << k << " of " << n;
    }
  }
}

TEST(Binomial, NothingObservedBoundsNothing) {
  EXPECT_EQ(binomial_upper_bound(0, 0, 0.05), 1.0);
  EXPECT_EQ(binomial_lower_bound(0, 0, 0.05), 0.0);
  EXPECT_EQ(binomial_upper_bound(7, 7, 0.05), 1.0);
}

TEST(Binomial, TrialsToCertifyIsTheSmallest) {
  EXPECT_EQ(trials_to_certify(0.02, 0.05), 149);
  EXPECT_EQ(trials_to_certify(0.05, 0.10), 45);
  EXPECT_EQ(trials_to_certify(0.5, 0.5), 1);
  for (double alpha : {0.01, 0.02, 0.05, 0.1}) {
    const int64_t n = trials_to_certify(alpha, 0.05);
    EXPECT_LE(binomial_upper_bound(0, n, 0.05), alpha + 1e-12);
    EXPECT_GT(binomial_upper_bound(0, n - 1, 0.05), alpha);
  }
}

}  // namespace
}  // namespace ganglion
