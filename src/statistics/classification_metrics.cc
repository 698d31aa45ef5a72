#include "statistics/classification_metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/check.h"

namespace ganglion {
namespace {

double weight_of(std::span<const double> weights, size_t i) {
  return weights.empty() ? 1.0 : weights[i];
}

}  // namespace

double auroc(std::span<const double> scores, std::span<const uint8_t> positive) {
  GANGLION_ASSERT(scores.size() == positive.size());
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  double num_positives = 0;
  double rank_sum = 0;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && scores[order[end]] == scores[order[begin]]) ++end;
    const double mean_rank = 0.5 * static_cast<double>(begin + 1 + end);  // ranks count from 1
    for (; begin < end; ++begin) {
      if (positive[order[begin]] == 0) continue;
      num_positives += 1;
      rank_sum += mean_rank;
    }
  }
  const double num_negatives = static_cast<double>(scores.size()) - num_positives;
  if (num_positives == 0 || num_negatives == 0) return 0.5;
  return (rank_sum - 0.5 * num_positives * (num_positives + 1)) / (num_positives * num_negatives);
}

double expected_calibration_error(std::span<const double> confidences,
                                  std::span<const uint8_t> correct, std::span<const double> weights,
                                  size_t num_bins) {
  GANGLION_ASSERT(confidences.size() == correct.size() && num_bins > 0);
  GANGLION_ASSERT(weights.empty() || weights.size() == correct.size());
  if (confidences.empty()) return 0;
  // Within a bin, count * |accuracy - mean confidence| = |sum of (correct - confidence)|.
  std::vector<double> gaps(num_bins, 0.0);
  double total = 0;
  for (size_t i = 0; i < confidences.size(); ++i) {
    GANGLION_ASSERT(confidences[i] >= 0 && confidences[i] <= 1);
    const auto bin = static_cast<size_t>(confidences[i] * static_cast<double>(num_bins));
    const double weight = weight_of(weights, i);
    gaps[std::min(bin, num_bins - 1)] += weight * (correct[i] - confidences[i]);
    total += weight;
  }
  double sum = 0;
  for (const double gap : gaps) sum += std::abs(gap);
  return sum / total;
}

double binary_log_loss(std::span<const double> confidences, std::span<const uint8_t> correct,
                       std::span<const double> weights) {
  GANGLION_ASSERT(confidences.size() == correct.size());
  GANGLION_ASSERT(weights.empty() || weights.size() == correct.size());
  if (confidences.empty()) return 0;
  double sum = 0;
  double total = 0;
  for (size_t i = 0; i < confidences.size(); ++i) {
    const double confidence = std::clamp(confidences[i], 1e-6, 1 - 1e-6);
    const double weight = weight_of(weights, i);
    sum -= weight * std::log(correct[i] != 0 ? confidence : 1 - confidence);
    total += weight;
  }
  return sum / total;
}

double share_of_ones(std::span<const uint8_t> values, std::span<const double> weights) {
  GANGLION_ASSERT(weights.empty() || weights.size() == values.size());
  if (values.empty()) return 0;
  double ones = 0;
  double total = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0) ones += weight_of(weights, i);
    total += weight_of(weights, i);
  }
  return ones / total;
}

}  // namespace ganglion
