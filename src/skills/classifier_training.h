// Labelled files in, a trained classifier out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "dataset/labelled_text.h"
#include "skills/classify.h"
#include "training/classifier_trainer.h"

namespace ganglion {

struct ClassifierTrainingRequest {
  std::filesystem::path train_path;
  std::filesystem::path validation_path;  // empty: texts are held out from the training file
  LabelledTextColumns columns;
  std::string abstain_label;  // empty: none
  // The share of such texts that is expected in use; without it, as many as there are held out.
  std::optional<double> abstain_share;
  uint64_t seed = 1;
  size_t num_threads = 0;  // 0: one a processor
};

// Errors of read_labelled_texts, distinct_labels, label_ids and train_classifier, with the file's
// name; kInvalidArgument when no row has the abstain label, all but one label are it, or the share
// is not between 0 and 1 or comes without that label.
Result<TrainedClassifier> train_classifier_from_files(const ClassifierTrainingRequest& request,
                                                      const IdentifiedEncoder& encoder,
                                                      ProgressSink& progress);

}  // namespace ganglion
