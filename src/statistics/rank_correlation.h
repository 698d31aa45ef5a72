// Rank correlation.
#pragma once

#include <span>

namespace ganglion {

// Spearman's rho, -1 to 1: Pearson's correlation of the ranks, where equal values share the mean of
// their ranks (as scipy.stats.spearmanr). 0 when one side is constant. Requires equal sizes and at
// least two values (asserted).
double spearman_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace ganglion
