#include "mesh/certificate.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/check.h"
#include "statistics/binomial.h"

namespace ganglion {
namespace {

void check_grid(std::span<const ThresholdCandidate> grid) {
  GANGLION_ASSERT(!grid.empty());
  double sum = 0.0;
  for (size_t i = 0; i < grid.size(); ++i) {
    GANGLION_ASSERT(i == 0 || grid[i].threshold < grid[i - 1].threshold);
    sum += grid[i].weight;
  }
  GANGLION_ASSERT(std::fabs(sum - 1.0) < 1e-9);
}

// Outcomes from sure to unsure; errors[i] = wrong ones among the first i.
struct Ranking {
  std::vector<double> confidences;  // descending
  std::vector<int64_t> errors;      // size confidences.size() + 1
};

Ranking rank(std::span<const ScoredOutcome> outcomes) {
  std::vector<ScoredOutcome> sorted(outcomes.begin(), outcomes.end());
  std::sort(sorted.begin(), sorted.end(), [](const ScoredOutcome& a, const ScoredOutcome& b) {
    return a.confidence > b.confidence;
  });
  Ranking ranking;
  ranking.errors.push_back(0);
  for (const ScoredOutcome& outcome : sorted) {
    ranking.confidences.push_back(outcome.confidence);
    ranking.errors.push_back(ranking.errors.back() + (outcome.wrong ? 1 : 0));
  }
  return ranking;
}

ThresholdTest count_at(const Ranking& ranking, double threshold) {
  ThresholdTest test;
  test.threshold = threshold;
  const auto end = std::partition_point(ranking.confidences.begin(), ranking.confidences.end(),
                                        [&](double confidence) { return confidence >= threshold; });
  test.answered = end - ranking.confidences.begin();
  test.wrong = ranking.errors[static_cast<size_t>(test.answered)];
  return test;
}

}  // namespace

std::vector<ThresholdCandidate> default_threshold_grid() {
  constexpr int kStarts[] = {26, 18, 11, 6};
  std::vector<ThresholdCandidate> grid;
  for (int k = 32; k >= 0; --k) {
    const bool starts_here =
        std::find(std::begin(kStarts), std::end(kStarts), k) != std::end(kStarts);
    grid.push_back({1.0 - std::exp2(-k / 4.0), starts_here ? 0.25 : 0.0});
  }
  return grid;
}

Certificate certify_threshold(std::span<const ScoredOutcome> outcomes, const RiskLimits& limits,
                              std::span<const ThresholdCandidate> grid) {
  GANGLION_ASSERT(limits.alpha > 0.0 && limits.alpha < 1.0);
  GANGLION_ASSERT(limits.delta > 0.0 && limits.delta < 1.0);
  check_grid(grid);
  const Ranking ranking = rank(outcomes);
  Certificate certificate;
  certificate.calibration_size = static_cast<int64_t>(outcomes.size());
  double carried = 0.0;  // what the certified thresholds just before hand on
  for (const ThresholdCandidate& candidate : grid) {
    ThresholdTest test = count_at(ranking, candidate.threshold);
    test.level = carried + candidate.weight * limits.delta;
    if (test.level > 0.0) {
      test.upper_bound = binomial_upper_bound(test.wrong, test.answered, test.level);
    }
    test.certified = test.upper_bound <= limits.alpha;
    carried = test.certified ? test.level : 0.0;
    if (test.certified) {
      certificate.threshold = test.threshold;
      certificate.upper_bound = test.upper_bound;
      certificate.answered = test.answered;
      certificate.wrong = test.wrong;
    }
    certificate.tests.push_back(test);
  }
  if (certificate.calibration_size > 0) {
    certificate.escalation_share = 1.0 - static_cast<double>(certificate.answered) /
                                             static_cast<double>(certificate.calibration_size);
  }
  certificate.within_escalation_share = certificate.threshold.has_value() &&
                                        certificate.escalation_share <= limits.max_escalation_share;
  return certificate;
}

}  // namespace ganglion
