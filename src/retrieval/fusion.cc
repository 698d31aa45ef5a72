#include "retrieval/fusion.h"

#include <algorithm>

#include "base/check.h"

namespace ganglion {

std::vector<double> fuse_scores(std::span<const WeightedScores> lists) {
  std::vector<double> fused(lists.empty() ? 0 : lists[0].scores.size(), 0.0);
  for (const auto& [scores, weight] : lists) {
    GANGLION_ASSERT(scores.size() == fused.size());
    const double best = scores.empty() ? 0 : *std::ranges::max_element(scores);
    if (best <= 0) continue;
    for (size_t i = 0; i < scores.size(); ++i) {
      fused[i] += weight * std::max(0.0, scores[i]) / best;
    }
  }
  return fused;
}

}  // namespace ganglion
