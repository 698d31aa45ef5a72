#include "statistics/calibration.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/check.h"

namespace ganglion {
namespace {

// Mean negative log-likelihood of the labels under softmax(logits / temperature).
double temperature_loss(std::span<const double> logits, size_t num_classes,
                        std::span<const uint32_t> labels, double temperature) {
  double sum = 0;
  std::vector<double> scaled(num_classes);
  for (size_t row = 0; row < labels.size(); ++row) {
    for (size_t k = 0; k < num_classes; ++k) {
      scaled[k] = logits[row * num_classes + k] / temperature;
    }
    sum += log_sum_exp(scaled) - scaled[labels[row]];
  }
  return sum / static_cast<double>(labels.size());
}

struct Block {
  double score_sum = 0;
  double correct_sum = 0;
  double count = 0;
  double mean_score() const { return score_sum / count; }
  double mean_correct() const { return correct_sum / count; }
};

}  // namespace

double log_sum_exp(std::span<const double> values) {
  GANGLION_ASSERT(!values.empty());
  const double largest = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += std::exp(value - largest);
  return largest + std::log(sum);
}

double fit_temperature(std::span<const double> logits, size_t num_classes,
                       std::span<const uint32_t> labels) {
  GANGLION_ASSERT(logits.size() == labels.size() * num_classes);
  if (labels.empty()) return 1;
  const double golden = (std::sqrt(5.0) - 1) / 2;
  const auto loss = [&](double log_temperature) {
    return temperature_loss(logits, num_classes, labels, std::exp(log_temperature));
  };
  double low = std::log(0.05);
  double high = std::log(20.0);
  double left = high - golden * (high - low);
  double right = low + golden * (high - low);
  double left_loss = loss(left);
  double right_loss = loss(right);
  while (high - low > 1e-3) {
    if (left_loss < right_loss) {
      high = std::exchange(right, left);
      right_loss = left_loss;
      left = high - golden * (high - low);
      left_loss = loss(left);
    } else {
      low = std::exchange(left, right);
      left_loss = right_loss;
      right = low + golden * (high - low);
      right_loss = loss(right);
    }
  }
  return std::exp(0.5 * (low + high));
}

IsotonicMap::IsotonicMap(std::vector<double> scores, std::vector<double> values)
    : scores_(std::move(scores)), values_(std::move(values)) {
  GANGLION_ASSERT(is_valid(scores_, values_));
}

bool IsotonicMap::is_valid(std::span<const double> scores, std::span<const double> values) {
  if (scores.empty() || scores.size() != values.size()) return false;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (!std::isfinite(scores[i]) || !(values[i] >= 0 && values[i] <= 1)) return false;
    if (i > 0 && !(scores[i - 1] < scores[i] && values[i - 1] <= values[i])) return false;
  }
  return true;
}

IsotonicMap IsotonicMap::fit(std::span<const double> scores, std::span<const uint8_t> correct,
                             std::span<const double> weights) {
  GANGLION_ASSERT(!scores.empty() && scores.size() == correct.size());
  GANGLION_ASSERT(weights.empty() || weights.size() == scores.size());
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });

  std::vector<Block> blocks;
  for (size_t i = 0; i < order.size(); ++i) {
    const double score = scores[order[i]];
    const bool tied = i > 0 && score == scores[order[i - 1]];
    if (!tied) blocks.push_back({});
    const double weight = weights.empty() ? 1.0 : weights[order[i]];
    Block& block = blocks.back();
    block.score_sum += weight * score;
    block.correct_sum += weight * correct[order[i]];
    block.count += weight;
  }
  std::vector<Block> pooled;
  for (Block block : blocks) {
    while (!pooled.empty() && pooled.back().mean_correct() >= block.mean_correct()) {
      block.score_sum += pooled.back().score_sum;
      block.correct_sum += pooled.back().correct_sum;
      block.count += pooled.back().count;
      pooled.pop_back();
    }
    pooled.push_back(block);
  }
  std::vector<double> knots;
  std::vector<double> values;
  for (const Block& block : pooled) {
    const double least = 0.5 / (block.count + 1);
    double value = std::clamp(block.mean_correct(), least, 1 - least);
    if (!values.empty()) value = std::max(value, values.back());
    // Rounding of the means may bring two knots together.
    if (!knots.empty() && block.mean_score() <= knots.back()) continue;
    knots.push_back(block.mean_score());
    values.push_back(value);
  }
  return {std::move(knots), std::move(values)};
}

double IsotonicMap::operator()(double score) const {
  const auto after = std::upper_bound(scores_.begin(), scores_.end(), score);
  if (after == scores_.begin()) return values_.front();
  if (after == scores_.end()) return values_.back();
  const auto i = static_cast<size_t>(after - scores_.begin());
  const double share = (score - scores_[i - 1]) / (scores_[i] - scores_[i - 1]);
  return values_[i - 1] + share * (values_[i] - values_[i - 1]);
}

}  // namespace ganglion
