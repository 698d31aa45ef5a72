// Logistic regression over a handful of features.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ganglion {

struct LogisticRegression {
  std::vector<double> weights;  // one a feature, in the feature's own unit
  double bias = 0;

  // The log-odds of 1.
  double log_odds(std::span<const double> features) const;
};

// 1 / (1 + exp(-log_odds)), without overflow.
double sigmoid(double log_odds);

// Maximum likelihood with an L2 penalty of `penalty` / 2 * |w|^2 on the weights of the standardised
// features (not on the bias), by Newton's method (IRLS; Hastie et al., Elements of Statistical
// Learning, §4.4.1) with step halving. `features` is [labels.size(), num_features], row-major;
// `labels` holds 0 or 1; a feature without spread gets the weight 0. O(rows * num_features^2) a
// step, at most 50 steps. Requires rows and penalty > 0.
LogisticRegression fit_logistic_regression(std::span<const double> features, size_t num_features,
                                           std::span<const uint8_t> labels, double penalty = 1.0);

}  // namespace ganglion
