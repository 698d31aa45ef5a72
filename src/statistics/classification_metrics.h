// How good labels, scores and stated probabilities are. All functions are pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ganglion {

// The probability that a random positive scores above a random negative; ties count one half (the
// rank sum of Mann and Whitney 1947). `positive` holds 0 or 1, one a score. 0.5 when one of the two
// kinds is missing. O(n log n).
double auroc(std::span<const double> scores, std::span<const uint8_t> positive);

// Expected calibration error with bins of equal width over [0, 1] (Guo et al. 2017): the mean of
// |accuracy - mean confidence| over the bins, weighted by their counts. A confidence of 1 falls in
// the last bin. `correct` holds 0 or 1; `weights`, one a value, say how many each stands for
// (empty: 1). 0 for no values.
double expected_calibration_error(std::span<const double> confidences,
                                  std::span<const uint8_t> correct,
                                  std::span<const double> weights = {}, size_t num_bins = 15);

// Mean negative log-likelihood in nats of `correct` under `confidences`, which are clamped to
// [1e-6, 1 - 1e-6]. Weights as above. 0 for no values.
double binary_log_loss(std::span<const double> confidences, std::span<const uint8_t> correct,
                       std::span<const double> weights = {});

// Share of ones. Weights as above. 0 for no values.
double share_of_ones(std::span<const uint8_t> values, std::span<const double> weights = {});

}  // namespace ganglion
