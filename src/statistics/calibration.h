// From scores to probabilities that mean what they say. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ganglion {

// log(sum(exp(values))), without overflow. Requires at least one value.
double log_sum_exp(std::span<const double> values);

// The temperature T in [0.05, 20] for which softmax(logits / T) gives the labels the highest
// likelihood (Guo et al. 2017, §4.2). `logits` is [labels.size(), num_classes], row-major; each
// label is below num_classes. 1 for no rows. Golden-section search over log T: the likelihood is
// unimodal in it.
double fit_temperature(std::span<const double> logits, size_t num_classes,
                       std::span<const uint32_t> labels);

// A non-decreasing map from score to probability: isotonic regression by pooling adjacent violators
// (Ayer et al. 1955), linear between the means of the pooled blocks, constant outside them.
class IsotonicMap {
 public:
  // Knots (score, value): scores strictly rising, values not falling and in [0, 1]; both of one
  // size, at least 1 (asserted: use is_valid on knots from a file).
  IsotonicMap(std::vector<double> scores, std::vector<double> values);
  static bool is_valid(std::span<const double> scores, std::span<const double> values);

  // `correct` holds 0 or 1; at least one row. A block of n rows never claims more than
  // (n + 0.5) / (n + 1): certainty is not to be had from few rows. `weights`, one a row and above
  // 0, say how many rows each stands for; empty: 1.
  static IsotonicMap fit(std::span<const double> scores, std::span<const uint8_t> correct,
                         std::span<const double> weights = {});

  double operator()(double score) const;

  const std::vector<double>& scores() const { return scores_; }
  const std::vector<double>& values() const { return values_; }

 private:
  std::vector<double> scores_;
  std::vector<double> values_;
};

}  // namespace ganglion
