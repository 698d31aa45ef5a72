#include "training/wide_tower_trainer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "base/check.h"
#include "models/vector_math.h"

namespace ganglion {
namespace {

constexpr float kRate = 0.15F;
constexpr float kBiasRate = 0.015F;
constexpr float kFirstSquares = 1e-6F;

// Weights [rows, width] with AdaGrad's sums of squared gradients beside them.
class AdaptiveRows {
 public:
  AdaptiveRows(size_t num_rows, size_t width)
      : width_(width),
        weights_(num_rows * width, 0.0F),
        squares_(num_rows * width, kFirstSquares) {}

  const float* row(size_t index) const { return &weights_[index * width_]; }
  std::vector<float> take_weights() { return std::move(weights_); }

  // One step down factor * gradient on one row.
  void step(size_t index, float factor, const float* gradient, float rate) {
    float* __restrict w = &weights_[index * width_];
    float* __restrict s = &squares_[index * width_];
    for (size_t i = 0; i < width_; ++i) {
      const float g = factor * gradient[i];
      s[i] += g * g;
      w[i] -= rate * g / std::sqrt(s[i]);
    }
  }

 private:
  size_t width_;
  std::vector<float> weights_;
  std::vector<float> squares_;
};

class WideTrainer {
 public:
  WideTrainer(const TowerInput& input, const TowerSchedule& schedule, uint64_t seed)
      : input_(input),
        schedule_(schedule),
        rng_(seed),
        ngrams_(input.num_ngrams, input.num_classes),
        embedding_(input.embedding_size, input.num_classes),
        bias_(1, input.num_classes),
        features_(schedule.batch_rows),
        gradients_(schedule.batch_rows * input.num_classes) {}

  WideWeights run(const RowsTrained& rows_trained) {
    run_schedule(schedule_, input_.num_rows(), rng_, rows_trained,
                 [this](std::span<const uint32_t> rows, float share) { train_batch(rows, share); });
    return {ngrams_.take_weights(), embedding_.take_weights(), bias_.take_weights()};
  }

 private:
  void train_batch(std::span<const uint32_t> rows, float share) {
    for (size_t i = 0; i < rows.size(); ++i) {
      draw_row_features(input_, rows[i], schedule_.ngram_dropout, rng_, &features_[i]);
      find_gradient(rows[i], features_[i], gradient(i));
    }
    for (size_t i = 0; i < rows.size(); ++i) step(rows[i], features_[i], gradient(i), share);
  }

  std::span<float> gradient(size_t index) {
    return std::span(gradients_).subspan(index * input_.num_classes, input_.num_classes);
  }

  void find_gradient(size_t row, const RowFeatures& features, std::span<float> logits) {
    std::copy_n(bias_.row(0), logits.size(), logits.begin());
    for (size_t i = 0; i < features.ids.size(); ++i) {
      add_scaled(ngrams_.row(features.ids[i]), features.values[i], logits.size(), logits.data());
    }
    const auto embedding = input_.embedding(row);
    for (size_t i = 0; i < embedding.size(); ++i) {
      add_scaled(embedding_.row(i), embedding[i], logits.size(), logits.data());
    }
    softmax_gradient(logits, input_.labels[row]);
  }

  void step(size_t row, const RowFeatures& features, std::span<const float> gradient, float share) {
    const float rate = kRate * share;
    for (size_t i = 0; i < features.ids.size(); ++i) {
      ngrams_.step(features.ids[i], features.values[i], gradient.data(), rate);
    }
    const auto embedding = input_.embedding(row);
    for (size_t i = 0; i < embedding.size(); ++i) {
      embedding_.step(i, embedding[i], gradient.data(), rate);
    }
    bias_.step(0, 1, gradient.data(), kBiasRate * share);
  }

  const TowerInput& input_;
  const TowerSchedule& schedule_;
  Rng rng_;
  AdaptiveRows ngrams_;
  AdaptiveRows embedding_;
  AdaptiveRows bias_;
  std::vector<RowFeatures> features_;  // [batch]
  std::vector<float> gradients_;       // [batch, classes]
};

std::vector<float> mean_of(std::span<const WideWeights> towers,
                           std::vector<float> WideWeights::*part) {
  std::vector<float> sum(std::invoke(part, towers[0]).size(), 0.0F);
  for (const WideWeights& tower : towers) {
    const std::vector<float>& weights = std::invoke(part, tower);
    GANGLION_ASSERT(weights.size() == sum.size());
    add_scaled(weights.data(), 1 / static_cast<float>(towers.size()), sum.size(), sum.data());
  }
  return sum;
}

}  // namespace

WideWeights train_wide_tower(const TowerInput& input, const TowerSchedule& schedule, uint64_t seed,
                             const RowsTrained& rows_trained) {
  return WideTrainer(input, schedule, seed).run(rows_trained);
}

WideTower average_wide_towers(std::span<const WideWeights> towers) {
  GANGLION_ASSERT(!towers.empty());
  WideTower tower;
  tower.embedding = mean_of(towers, &WideWeights::embedding);
  tower.bias = mean_of(towers, &WideWeights::bias);
  tower.ngrams = QuantisedRows::quantise(mean_of(towers, &WideWeights::ngrams), tower.bias.size());
  return tower;
}

}  // namespace ganglion
