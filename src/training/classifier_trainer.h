// Fits a text classifier (models/text_classifier.h) and its calibration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "models/text_classifier.h"
#include "training/classifier_calibration.h"
#include "training/classifier_examples.h"

namespace ganglion {

struct ClassifierTrainingOptions {
  std::vector<std::string> labels;  // sorted, distinct, at least two besides the abstain label
  std::optional<uint32_t> abstain_label;
  std::optional<double> abstain_share;  // CalibrationOptions::abstain_share
  std::string encoder_id;  // of the encoder that made the embeddings; kept in the model
  uint64_t seed = 1;
  size_t num_threads = 0;  // 0: one a processor. The result does not depend on it
  // Towers of each kind are trained from different seeds and averaged. More wide ones cost nothing
  // afterwards; each deep one adds hidden_size units.
  size_t num_wide_towers = 3;
  size_t num_deep_towers = 2;
  size_t hidden_size = 96;
};

struct TrainedClassifier {
  TextClassifier classifier;
  CalibrationFigures held_out;
  size_t num_held_out = 0;  // texts that the calibration was fitted on
};

// `validation`, when given, is what the calibration is fitted on, and the weights never see it.
// Without it the calibration uses texts held out from `train` (all of them in turn over five folds;
// one tenth from 5,000 texts on), and the final weights are fitted to all of `train`.
//
// kInvalidArgument when there are no examples, or fewer than kMinAbstainRows of the abstain label
// to learn from or to calibrate on. Progress is counted in row visits. Two threads and more fit the
// towers (and folds) side by side; memory about 8 bytes * n-grams * (labels + hidden size) each.
Result<TrainedClassifier> train_classifier(const ClassifierExamples& train,
                                           const ClassifierExamples* validation,
                                           const ClassifierTrainingOptions& options,
                                           ProgressSink& progress);

inline constexpr size_t kMinAbstainRows = 5;

}  // namespace ganglion
