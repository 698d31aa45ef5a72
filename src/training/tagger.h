// Fits a tagger to labelled texts.
//
// Maximises the conditional likelihood of the gold tags (a linear-chain CRF) by AdaGrad (Duchi,
// Hazan and Singer 2011), one text at a time in seeded random order, with feature dropout, and
// averages the weights of the later epochs. Rejected: L-BFGS, which took five times as many passes
// for the same F1; the structured perceptron, which gives no probabilities.
#pragma once

#include <cstdint>
#include <span>

#include "base/progress.h"
#include "base/result.h"
#include "dataset/tagged_text.h"
#include "models/tagger.h"

namespace ganglion {

struct TaggerTrainingOptions {
  uint64_t seed = 1;
  uint32_t num_epochs = 10;
  float learning_rate = 0.1F;
  float l2 = 1e-6F;                // pull to zero, at each update of a weight
  float feature_dropout = 0.1F;    // share of features hidden at each sight of a word, in [0, 1)
  uint32_t min_feature_count = 2;  // words; rarer features are left out
};

// The same texts, options and machine give the same model, bit for bit. One thread; memory about
// 500 bytes a word. `progress` counts texts over all epochs. kInvalidArgument when the texts hold
// no labelled span or more than TaggerModel::kMaxTypes types.
Result<TaggerModel> train_tagger(std::span<const TaggedText> texts,
                                 const TaggerTrainingOptions& options, ProgressSink& progress);

}  // namespace ganglion
