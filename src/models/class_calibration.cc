#include "models/class_calibration.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace ganglion {

std::vector<double> ClassCalibration::base_probabilities(
    const ClassScores& scores, std::optional<uint32_t> abstain_label) const {
  std::vector<double> scaled;
  scaled.reserve(scores.logits.size());
  for (uint32_t k = 0; k < scores.logits.size(); ++k) {
    if (k != abstain_label) scaled.push_back(scores.logits[k] / temperature);
  }
  const double normaliser = log_sum_exp(scaled);
  const double abstains = abstain_label ? sigmoid(abstain.log_odds(scores.abstain_signals)) : 0.0;
  std::vector<double> probabilities;
  probabilities.reserve(scores.logits.size());
  size_t next = 0;
  for (uint32_t k = 0; k < scores.logits.size(); ++k) {
    probabilities.push_back(
        k == abstain_label ? abstains : (1 - abstains) * std::exp(scaled[next++] - normaliser));
  }
  return probabilities;
}

std::vector<double> ClassCalibration::probabilities(const ClassScores& scores,
                                                    std::optional<uint32_t> abstain_label) const {
  std::vector<double> result = base_probabilities(scores, abstain_label);
  if (!isotonic) return result;
  const auto top = std::max_element(result.begin(), result.end());
  const double before = *top;
  const double after = (*isotonic)(before);
  const double scale = before < 1 ? (1 - after) / (1 - before) : 0.0;
  for (double& probability : result) probability = std::min(probability * scale, after);
  *top = after;
  return result;
}

}  // namespace ganglion
