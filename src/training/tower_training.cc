#include "training/tower_training.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ganglion {

TowerSchedule TowerSchedule::for_rows(size_t num_rows) {
  constexpr size_t kRowVisits = 90'000;
  TowerSchedule schedule;
  schedule.num_epochs = std::clamp<size_t>(kRowVisits / std::max<size_t>(num_rows, 1), 6, 30);
  return schedule;
}

void draw_row_features(const TowerInput& input, size_t row, float dropout, Rng& rng,
                       RowFeatures* out) {
  out->ids.clear();
  out->values.clear();
  const float scale = 1 / (1 - dropout);
  for (size_t i = input.begins[row]; i < input.begins[row + 1]; ++i) {
    if (rng.uniform() < dropout) continue;
    out->ids.push_back(input.ids[i]);
    out->values.push_back(input.values[i] * scale);
  }
}

void softmax_gradient(std::span<float> logits, uint32_t label) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  float sum = 0;
  for (float& value : logits) {
    value = std::exp(value - largest);
    sum += value;
  }
  const float scale = 1 / sum;
  for (float& value : logits) value *= scale;
  logits[label] -= 1;
}

void run_schedule(
    const TowerSchedule& schedule, size_t num_rows, Rng& rng, const RowsTrained& rows_trained,
    const std::function<void(std::span<const uint32_t> rows, float rate_share)>& step) {
  std::vector<uint32_t> order(num_rows);
  std::iota(order.begin(), order.end(), 0U);
  for (size_t epoch = 0; epoch < schedule.num_epochs; ++epoch) {
    rng.shuffle(std::span(order));
    const float rate_share =
        1 - static_cast<float>(epoch) / static_cast<float>(schedule.num_epochs);
    for (size_t begin = 0; begin < num_rows; begin += schedule.batch_rows) {
      const size_t count = std::min(schedule.batch_rows, num_rows - begin);
      step(std::span<const uint32_t>(order).subspan(begin, count), rate_share);
      rows_trained(count);
    }
  }
}

}  // namespace ganglion
