// Fits token vectors so that their sum over a text points where the teacher's vector of that text
// points.
// Source: the idea of tokenlearn (MinishLab); here with the cosine as the loss, because only
// directions are compared later.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/progress.h"

namespace ganglion {

struct StaticRegressionOptions {
  size_t num_epochs = 10;
  size_t batch_size = 256;       // texts
  double learning_rate = 0.002;  // of Adam (Kingma and Ba 2015, algorithm 1), falling to 0
  uint64_t seed = 1;
};

// V tokens, D dimensions, N texts.
struct StaticRegressionData {
  size_t num_dimensions = 0;
  std::vector<int32_t> ids;        // tokens of all texts, 0 <= id < V
  std::vector<size_t> text_begin;  // [N + 1], into `ids`; no text is empty
  std::vector<float> targets;      // [N, D], each row of length 1
};

// Moves `vectors` [V, D]; a token that no text has keeps its vector. Returns the mean of
// 1 - cosine over the last epoch. One thread; the same data, options and vectors give the same
// bits.
double fit_static_vectors(const StaticRegressionData& data, const StaticRegressionOptions& options,
                          std::span<float> vectors, ProgressSink& progress);

}  // namespace ganglion
