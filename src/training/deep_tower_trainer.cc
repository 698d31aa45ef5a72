#include "training/deep_tower_trainer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "base/check.h"
#include "models/vector_math.h"

namespace ganglion {
namespace {

constexpr float kRate = 0.045F;
constexpr float kOutputBiasRate = 0.03F;
constexpr float kHiddenDropout = 0.3F;
constexpr float kFirstSquares = 1e-6F;

// Weights [rows, width] with one mean squared gradient a row.
class RowAdaptiveRows {
 public:
  // Normal weights with the given standard deviation.
  RowAdaptiveRows(size_t num_rows, size_t width, float deviation, Rng& rng)
      : width_(width), weights_(num_rows * width), squares_(num_rows, kFirstSquares) {
    if (deviation == 0) return;
    for (float& weight : weights_) weight = deviation * static_cast<float>(rng.normal());
  }

  const float* row(size_t index) const { return &weights_[index * width_]; }
  std::vector<float> take_weights() { return std::move(weights_); }

  // One step down factor * gradient on one row; `mean_square` is that of `gradient`.
  void step(size_t index, float factor, const float* gradient, float mean_square, float rate) {
    squares_[index] += factor * factor * mean_square;
    add_scaled(gradient, -rate * factor / std::sqrt(squares_[index]), width_,
               &weights_[index * width_]);
  }

 private:
  size_t width_;
  std::vector<float> weights_;
  std::vector<float> squares_;
};

float mean_square(std::span<const float> values) {
  return dot(values.data(), values.data(), values.size()) / static_cast<float>(values.size());
}

// One row of a mini-batch on its way through the network and back.
struct Pass {
  RowFeatures features;
  std::vector<float> hidden;           // [h], rectified and dropped out
  std::vector<float> keep;             // [h], 0 or 1 / (1 - dropout)
  std::vector<float> hidden_gradient;  // [h]
  std::vector<float> gradient;         // [c], of the logits
};

class DeepTrainer {
 public:
  DeepTrainer(const TowerInput& input, size_t hidden_size, const TowerSchedule& schedule,
              uint64_t seed)
      : input_(input),
        schedule_(schedule),
        rng_(seed),
        ngrams_(input.num_ngrams, hidden_size, 0.1F, rng_),
        embedding_(input.embedding_size, hidden_size, inverse_root(input.embedding_size), rng_),
        hidden_bias_(1, hidden_size, 0, rng_),
        output_(hidden_size, input.num_classes, 0.5F * inverse_root(hidden_size), rng_),
        output_bias_(1, input.num_classes, 0, rng_),
        passes_(schedule.batch_rows) {
    for (Pass& pass : passes_) {
      pass.hidden.resize(hidden_size);
      pass.keep.resize(hidden_size);
      pass.hidden_gradient.resize(hidden_size);
      pass.gradient.resize(input.num_classes);
    }
  }

  DeepWeights run(const RowsTrained& rows_trained) {
    run_schedule(schedule_, input_.num_rows(), rng_, rows_trained,
                 [this](std::span<const uint32_t> rows, float share) { train_batch(rows, share); });
    return {ngrams_.take_weights(), embedding_.take_weights(), hidden_bias_.take_weights(),
            output_.take_weights(), output_bias_.take_weights()};
  }

 private:
  static float inverse_root(size_t size) { return 1 / std::sqrt(static_cast<float>(size)); }

  void train_batch(std::span<const uint32_t> rows, float share) {
    for (size_t i = 0; i < rows.size(); ++i) run_forward(rows[i], &passes_[i]);
    for (size_t i = 0; i < rows.size(); ++i) step(rows[i], &passes_[i], share);
  }

  void run_forward(size_t row, Pass* pass) {
    draw_row_features(input_, row, schedule_.ngram_dropout, rng_, &pass->features);
    std::vector<float>& hidden = pass->hidden;
    std::copy_n(hidden_bias_.row(0), hidden.size(), hidden.begin());
    for (size_t i = 0; i < pass->features.ids.size(); ++i) {
      add_scaled(ngrams_.row(pass->features.ids[i]), pass->features.values[i], hidden.size(),
                 hidden.data());
    }
    const auto embedding = input_.embedding(row);
    for (size_t i = 0; i < embedding.size(); ++i) {
      add_scaled(embedding_.row(i), embedding[i], hidden.size(), hidden.data());
    }
    for (size_t i = 0; i < hidden.size(); ++i) {
      pass->keep[i] = rng_.uniform() < kHiddenDropout ? 0 : 1 / (1 - kHiddenDropout);
      hidden[i] = std::max(hidden[i], 0.0F) * pass->keep[i];
    }
    std::copy_n(output_bias_.row(0), pass->gradient.size(), pass->gradient.begin());
    for (size_t i = 0; i < hidden.size(); ++i) {
      if (hidden[i] == 0) continue;
      add_scaled(output_.row(i), hidden[i], pass->gradient.size(), pass->gradient.data());
    }
    softmax_gradient(pass->gradient, input_.labels[row]);
  }

  void step(size_t row, Pass* pass, float share) {
    const float rate = kRate * share;
    const size_t num_classes = pass->gradient.size();
    std::vector<float>& back = pass->hidden_gradient;
    const float square = mean_square(pass->gradient);
    for (size_t i = 0; i < back.size(); ++i) {
      back[i] = 0;
      if (pass->hidden[i] == 0) continue;
      back[i] = dot(output_.row(i), pass->gradient.data(), num_classes) * pass->keep[i];
      output_.step(i, pass->hidden[i], pass->gradient.data(), square, rate);
    }
    output_bias_.step(0, 1, pass->gradient.data(), square, kOutputBiasRate * share);

    const float hidden_square = mean_square(back);
    for (size_t i = 0; i < pass->features.ids.size(); ++i) {
      ngrams_.step(pass->features.ids[i], pass->features.values[i], back.data(), hidden_square,
                   rate);
    }
    const auto embedding = input_.embedding(row);
    for (size_t i = 0; i < embedding.size(); ++i) {
      embedding_.step(i, embedding[i], back.data(), hidden_square, rate);
    }
    hidden_bias_.step(0, 1, back.data(), hidden_square, rate);
  }

  const TowerInput& input_;
  const TowerSchedule& schedule_;
  Rng rng_;
  RowAdaptiveRows ngrams_;
  RowAdaptiveRows embedding_;
  RowAdaptiveRows hidden_bias_;
  RowAdaptiveRows output_;
  RowAdaptiveRows output_bias_;
  std::vector<Pass> passes_;  // [batch]
};

// Matrices of one height, row beside row.
std::vector<float> beside(std::span<const DeepWeights> towers,
                          std::vector<float> DeepWeights::*part) {
  const size_t width = towers[0].hidden_bias.size();
  std::vector<float> joined;
  joined.reserve(towers.size() * std::invoke(part, towers[0]).size());
  for (size_t begin = 0; begin < std::invoke(part, towers[0]).size(); begin += width) {
    for (const DeepWeights& tower : towers) {
      const auto row = std::span(std::invoke(part, tower)).subspan(begin, width);
      joined.insert(joined.end(), row.begin(), row.end());
    }
  }
  return joined;
}

}  // namespace

DeepWeights train_deep_tower(const TowerInput& input, size_t hidden_size,
                             const TowerSchedule& schedule, uint64_t seed,
                             const RowsTrained& rows_trained) {
  return DeepTrainer(input, hidden_size, schedule, seed).run(rows_trained);
}

DeepTower join_deep_towers(std::span<const DeepWeights> towers) {
  GANGLION_ASSERT(!towers.empty());
  const float share = 1 / static_cast<float>(towers.size());
  DeepTower joined;
  joined.hidden_bias = beside(towers, &DeepWeights::hidden_bias);
  joined.ngrams =
      QuantisedRows::quantise(beside(towers, &DeepWeights::ngrams), joined.hidden_bias.size());
  joined.embedding = beside(towers, &DeepWeights::embedding);
  joined.output_bias.assign(towers[0].output_bias.size(), 0.0F);
  for (const DeepWeights& tower : towers) {
    for (const float weight : tower.output) joined.output.push_back(share * weight);
    add_scaled(tower.output_bias.data(), share, joined.output_bias.size(),
               joined.output_bias.data());
  }
  return joined;
}

}  // namespace ganglion
