// Fits the calibration of a text classifier on held-out texts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/class_calibration.h"

namespace ganglion {

// Cross-validated on the held-out texts: each text's confidence comes from a calibration that was
// fitted on the others. With a declared share, every figure but the AUROC weighs the texts by it.
struct CalibrationFigures {
  double accuracy = 0;  // of the chosen label, the abstain label included
  double temperature_log_loss = 0;
  double temperature_ece = 0;
  double isotonic_log_loss = 0;
  double isotonic_ece = 0;
  bool isotonic_kept = false;           // its log loss is the smaller
  std::optional<double> abstain_auroc;  // with an abstain label
};

struct CalibrationOptions {
  std::optional<uint32_t> abstain_label;
  // The share of texts with the abstain label that is expected in use, above 0 and below 1. The
  // probabilities are then right for such a stream; without it, for one mixed as the rows are. With
  // an abstain label only (asserted).
  std::optional<double> abstain_share = std::nullopt;
  uint64_t seed = 1;  // draws the folds
};

struct FittedCalibration {
  ClassCalibration calibration;
  CalibrationFigures figures;
};

// `scores` and `labels` are of one size, at least 1; with an abstain label, rows of both kinds are
// there. Temperature scaling and isotonic regression over it are compared by the log loss of "the
// chosen label is right" over five folds; the better is fitted to all rows. A declared share moves
// the odds of the abstain label by Bayes' rule (M. Saerens et al. 2002, "Adjusting the outputs of a
// classifier to new a priori probabilities").
FittedCalibration fit_class_calibration(std::span<const ClassScores> scores,
                                        std::span<const uint32_t> labels,
                                        const CalibrationOptions& options);

}  // namespace ganglion
