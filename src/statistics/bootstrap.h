// Confidence intervals by resampling.
#pragma once

#include <cstdint>
#include <span>

#include "base/rng.h"
#include "statistics/binomial.h"

namespace ganglion {

// Percentile interval of the mean of `values` (Efron 1979), two-sided at level delta. For a paired
// comparison pass the differences: pairing is what makes a small difference visible. Cost:
// resamples * size additions. Required: values not empty, resamples >= 1. Not thread-safe in `rng`.
Interval bootstrap_mean_interval(std::span<const double> values, int resamples, double delta,
                                 Rng& rng);

}  // namespace ganglion
