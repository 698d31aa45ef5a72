// Fits the wide tower: multinomial logistic regression over n-grams and embedding.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/text_classifier.h"
#include "training/tower_training.h"

namespace ganglion {

// Before rounding. Letters as in models/text_classifier.h.
struct WideWeights {
  std::vector<float> ngrams;     // [n, c]
  std::vector<float> embedding;  // [e, c]
  std::vector<float> bias;       // [c]
};

// AdaGrad with one rate a weight (Duchi et al. 2011): rare n-grams and rare classes take larger
// steps. Runs on the calling thread; the same input and seed give the same weights. Memory: 8 bytes
// an n-gram and class.
WideWeights train_wide_tower(const TowerInput& input, const TowerSchedule& schedule, uint64_t seed,
                             const RowsTrained& rows_trained);

// The tower whose logits are the mean of theirs: bagging (Breiman 1996) that costs nothing to use.
// At least one, all of the same shapes.
WideTower average_wide_towers(std::span<const WideWeights> towers);

}  // namespace ganglion
