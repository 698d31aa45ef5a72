// Fits the deep tower: n-gram vectors and a projected embedding, summed, rectified, classified.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/text_classifier.h"
#include "training/tower_training.h"

namespace ganglion {

// Before rounding. Letters as in models/text_classifier.h.
struct DeepWeights {
  std::vector<float> ngrams;       // [n, h]
  std::vector<float> embedding;    // [e, h]
  std::vector<float> hidden_bias;  // [h]
  std::vector<float> output;       // [h, c]
  std::vector<float> output_bias;  // [c]
};

// AdaGrad with one rate a matrix row (as is usual for embedding tables: it learns as well here as
// one a weight, and costs a third). Runs on the calling thread; the same input and seed give the
// same weights. Memory: 4 bytes an n-gram and hidden unit.
DeepWeights train_deep_tower(const TowerInput& input, size_t hidden_size,
                             const TowerSchedule& schedule, uint64_t seed,
                             const RowsTrained& rows_trained);

// The tower whose logits are the mean of theirs: their hidden units side by side. At least one, all
// of the same shapes.
DeepTower join_deep_towers(std::span<const DeepWeights> towers);

}  // namespace ganglion
