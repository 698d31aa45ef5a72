// What the training of both towers shares: the schedule, dropout, and the softmax gradient.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/rng.h"
#include "training/classifier_examples.h"

namespace ganglion {

// Called after each mini-batch with the number of rows it held. May be called from several threads.
using RowsTrained = std::function<void(size_t rows)>;

struct TowerSchedule {
  size_t num_epochs = 1;
  size_t batch_rows = 32;
  // Each n-gram is left out of a pass over its row with this probability; the rest is scaled up.
  float ngram_dropout = 0.5F;

  // Few rows are seen more often: about 90,000 row visits, 6 to 30 epochs. More changed nothing on
  // the CLINC150 validation set.
  static TowerSchedule for_rows(size_t num_rows);
};

// The n-grams of one row that a pass uses.
struct RowFeatures {
  std::vector<uint32_t> ids;
  std::vector<float> values;
};

void draw_row_features(const TowerInput& input, size_t row, float dropout, Rng& rng,
                       RowFeatures* out);

// Turns logits into the gradient of the cross-entropy: softmax(logits) - one_hot(label). In place.
void softmax_gradient(std::span<float> logits, uint32_t label);

// Visits every row `num_epochs` times in mini-batches of shuffled order, calling
// step(rows of the batch, share of the learning rate left in (0, 1]).
void run_schedule(
    const TowerSchedule& schedule, size_t num_rows, Rng& rng, const RowsTrained& rows_trained,
    const std::function<void(std::span<const uint32_t> rows, float rate_share)>& step);

}  // namespace ganglion
