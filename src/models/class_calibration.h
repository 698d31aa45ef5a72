// From the raw scores of a text classifier to calibrated probabilities.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "statistics/calibration.h"
#include "statistics/logistic_regression.h"

namespace ganglion {

// What tells a text of none of the classes: see TextClassifier::score.
inline constexpr size_t kNumAbstainSignals = 4;

// The raw verdict on one text.
struct ClassScores {
  std::vector<double> logits;  // one a label
  // Higher means more likely out of scope: log-odds of the abstain class, negative energy
  // (Liu et al. 2020), distance to the nearest class mean (1 - cosine), share of unknown n-grams.
  std::array<double, kNumAbstainSignals> abstain_signals = {};
};

// Fitted on held-out texts. Immutable and thread-safe once filled in.
struct ClassCalibration {
  double temperature = 1;               // > 0, of the softmax over the classes in scope
  std::optional<IsotonicMap> isotonic;  // from the confidence of the chosen label to a better one
  LogisticRegression abstain;           // over abstain_signals; weights empty without that class

  // One a label, sum 1. With an abstain class it gets sigmoid(abstain), and the classes in scope
  // share the rest by softmax(logits / temperature). Then `isotonic` moves the largest, and the
  // others, in proportion, take what is left; none passes the largest (then the sum is below 1).
  std::vector<double> probabilities(const ClassScores& scores,
                                    std::optional<uint32_t> abstain_label) const;
  // The same before `isotonic`.
  std::vector<double> base_probabilities(const ClassScores& scores,
                                         std::optional<uint32_t> abstain_label) const;
};

}  // namespace ganglion
