// Exact bounds on a probability estimated by counting.
//
// All functions are pure and thread-safe. Required (asserted): 0 <= successes <= trials and
// 0 < delta < 1. With no trials nothing is known: the bounds are 0 and 1.
#pragma once

#include <cstdint>

namespace ganglion {

struct Interval {
  double low = 0.0;
  double high = 1.0;
};

// I_x(a, b), for a, b > 0 and x in [0, 1]. Continued fraction, Numerical Recipes 3rd ed. §6.4;
// relative error below 1e-12 for a + b <= 1e7.
double regularised_incomplete_beta(double a, double b, double x);

// P(X <= successes) for X ~ Binomial(trials, probability).
double binomial_cdf(int64_t successes, int64_t trials, double probability);

// The largest p that the observation does not refute at level delta:
// P(Binomial(trials, p) <= successes) = delta. Clopper and Pearson, Biometrika 26 (1934).
// P(p > bound) <= delta whatever p is.
double binomial_upper_bound(int64_t successes, int64_t trials, double delta);
double binomial_lower_bound(int64_t successes, int64_t trials, double delta);

// Two-sided exact interval: delta / 2 on each side.
Interval clopper_pearson_interval(int64_t successes, int64_t trials, double delta);

// The smallest number of trials that shows p <= alpha at level delta when none of them failed.
int64_t trials_to_certify(double alpha, double delta);

}  // namespace ganglion
