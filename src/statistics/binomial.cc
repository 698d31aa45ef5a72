#include "statistics/binomial.h"

#include <cmath>

#include "base/check.h"

namespace ganglion {
namespace {

// std::lgamma writes the global signgam and so races; the arguments here are positive.
double log_gamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

// Modified Lentz evaluation of the continued fraction; converges in O(sqrt(max(a, b))) steps.
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr double kEpsilon = 1e-15;
  const auto away_from_zero = [](double value) { return std::fabs(value) < kTiny ? kTiny : value; };
  double c = 1.0;
  double d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
  double fraction = d;
  for (int m = 1; m <= 100'000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1.0 / away_from_zero(1.0 + even * d);
    c = away_from_zero(1.0 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1.0 / away_from_zero(1.0 + odd * d);
    c = away_from_zero(1.0 + odd / c);
    fraction *= d * c;
    if (std::fabs(d * c - 1.0) < kEpsilon) break;
  }
  return fraction;
}

// Bisection to the last bit: a bound is computed some dozens of times a run, never in a loop
// that matters, and unlike Newton it cannot leave the interval.
template <typename Increasing>
double solve_increasing(Increasing&& function, double target) {
  double low = 0.0;
  double high = 1.0;
  for (int step = 0; step < 100 && low < high; ++step) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;
    (function(middle) < target ? low : high) = middle;
  }
  return high;
}

}  // namespace

double regularised_incomplete_beta(double a, double b, double x) {
  GANGLION_ASSERT(a > 0.0 && b > 0.0);
  if (x <= 0.0) return 0.0;
  if (x >= 1.0) return 1.0;
  const double log_front =
      log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x);
  // The fraction converges fast only on this side of the mean; use the symmetry on the other.
  if (x < (a + 1.0) / (a + b + 2.0)) return std::exp(log_front) * beta_fraction(a, b, x) / a;
  return 1.0 - std::exp(log_front) * beta_fraction(b, a, 1.0 - x) / b;
}

double binomial_cdf(int64_t successes, int64_t trials, double probability) {
  GANGLION_ASSERT(trials >= 0);
  if (successes < 0) return 0.0;
  if (successes >= trials) return 1.0;
  const auto k = static_cast<double>(successes);
  const auto n = static_cast<double>(trials);
  return 1.0 - regularised_incomplete_beta(k + 1.0, n - k, probability);
}

double binomial_upper_bound(int64_t successes, int64_t trials, double delta) {
  GANGLION_ASSERT(successes >= 0 && successes <= trials && delta > 0.0 && delta < 1.0);
  if (successes == trials) return 1.0;
  const auto k = static_cast<double>(successes);
  const auto n = static_cast<double>(trials);
  const auto exceeds = [&](double p) { return regularised_incomplete_beta(k + 1.0, n - k, p); };
  return solve_increasing(exceeds, 1.0 - delta);
}

double binomial_lower_bound(int64_t successes, int64_t trials, double delta) {
  return 1.0 - binomial_upper_bound(trials - successes, trials, delta);
}

Interval clopper_pearson_interval(int64_t successes, int64_t trials, double delta) {
  return {binomial_lower_bound(successes, trials, delta / 2.0),
          binomial_upper_bound(successes, trials, delta / 2.0)};
}

int64_t trials_to_certify(double alpha, double delta) {
  GANGLION_ASSERT(alpha > 0.0 && alpha < 1.0 && delta > 0.0 && delta < 1.0);
  // (1 - alpha)^n <= delta; the loop undoes rounding when the quotient is an integer.
  auto trials = static_cast<int64_t>(std::floor(std::log(delta) / std::log1p(-alpha)));
  while (binomial_cdf(0, trials, alpha) > delta) ++trials;
  return trials;
}

}  // namespace ganglion
