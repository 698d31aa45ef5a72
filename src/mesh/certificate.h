// Chooses the confidence threshold above which a tier may answer on its own.
//
// Promise: with probability at least 1 - delta over the draw of the calibration set, the chosen
// threshold t has P(wrong | confidence >= t) <= alpha, whatever the classifier is worth. Only this
// is assumed: calibration and later requests are independent draws of one distribution, and the
// classifier never saw the calibration set. Why this procedure and not another:
// docs/decisions/certified-escalation.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ganglion {

// One labelled request as the tier would have answered it.
struct ScoredOutcome {
  double confidence = 0.0;  // in [0, 1]; -1: a policy escalates it whatever the threshold is
  bool wrong = false;
};

struct RiskLimits {
  double alpha = 0.02;                // largest error rate of locally answered requests, in (0, 1)
  double delta = 0.05;                // probability with which the promise may fail, in (0, 1)
  double max_escalation_share = 1.0;  // of all requests, in [0, 1]
};

// A candidate, fixed before any calibration data are seen. `weight` is the part of delta with which
// a chain of tests may start here; the weights of a grid sum to 1.
struct ThresholdCandidate {
  double threshold = 0.0;
  double weight = 0.0;
};

// 33 thresholds 1 - 2^(-k/4), k = 32 … 0, from strict (0.996) to lax (0: answer everything), with
// four starts of weight 1/4 at doubts of about 0.01, 0.04, 0.15 and 0.35.
std::vector<ThresholdCandidate> default_threshold_grid();

struct ThresholdTest {
  double threshold = 0.0;
  int64_t answered = 0;      // calibration requests with confidence >= threshold
  int64_t wrong = 0;         // of those
  double level = 0.0;        // the level at which it was tested; 0: no chain of tests reached it
  double upper_bound = 1.0;  // Clopper-Pearson bound of the error rate at `level`
  bool certified = false;    // upper_bound <= alpha
};

struct Certificate {
  std::optional<double> threshold;  // the laxest certified; none: nothing can be promised
  double upper_bound = 1.0;         // of the error rate at `threshold`
  int64_t answered = 0;
  int64_t wrong = 0;
  int64_t calibration_size = 0;
  double escalation_share = 1.0;         // of the calibration set, at `threshold`
  bool within_escalation_share = false;  // escalation_share <= max_escalation_share
  std::vector<ThresholdTest> tests;      // the whole grid, strict to lax
};

// Tests the grid from strict to lax with the fallback procedure. Required: `grid` is not empty,
// its thresholds strictly decrease and its weights sum to 1 (within 1e-9); 0 < alpha, delta < 1.
// An empty or too small `outcomes` is not an error: nothing is certified. O(n log n).
Certificate certify_threshold(std::span<const ScoredOutcome> outcomes, const RiskLimits& limits,
                              std::span<const ThresholdCandidate> grid);

}  // namespace ganglion
