#include "statistics/bootstrap.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace ganglion {

Interval bootstrap_mean_interval(std::span<const double> values, int resamples, double delta,
                                 Rng& rng) {
  GANGLION_ASSERT(!values.empty() && resamples >= 1 && delta > 0.0 && delta < 1.0);
  std::vector<double> means(static_cast<size_t>(resamples));
  for (double& mean : means) {
    double sum = 0.0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[rng.below(values.size())];
    mean = sum / static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  const auto at = [&](double quantile) {
    return means[static_cast<size_t>(quantile * static_cast<double>(means.size() - 1) + 0.5)];
  };
  return {at(delta / 2.0), at(1.0 - delta / 2.0)};
}

}  // namespace ganglion
