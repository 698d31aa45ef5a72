#include "training/static_regression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "base/rng.h"

namespace ganglion {
namespace {

constexpr float kMomentumDecay = 0.9F;
constexpr float kSquareDecay = 0.999F;
constexpr float kEpsilon = 1e-8F;
constexpr float kMinNorm = 1e-8F;

float dot(const float* a, const float* b, size_t size) {
  constexpr size_t kLanes = 8;
  float sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float total = 0;
  for (const float sum : sums) total += sum;
  for (; i < size; ++i) total += a[i] * b[i];
  return total;
}

// The gradients of one batch, a row for every token that occurs in it.
class SparseGradient {
 public:
  SparseGradient(size_t vocabulary_size, size_t num_dimensions)
      : num_dimensions_(num_dimensions), places_(vocabulary_size, kAbsent) {}

  void clear() {
    for (const int32_t id : ids_) places_[static_cast<size_t>(id)] = kAbsent;
    ids_.clear();
    rows_.clear();
  }
  void add(int32_t id, const float* gradient) {
    size_t& place = places_[static_cast<size_t>(id)];
    if (place == kAbsent) {
      place = ids_.size();
      ids_.push_back(id);
      rows_.resize(rows_.size() + num_dimensions_, 0.0F);
    }
    float* const row = rows_.data() + place * num_dimensions_;
    for (size_t i = 0; i < num_dimensions_; ++i) row[i] += gradient[i];
  }
  std::span<const int32_t> ids() const { return ids_; }
  const float* row(size_t index) const { return rows_.data() + index * num_dimensions_; }

 private:
  static constexpr size_t kAbsent = SIZE_MAX;
  size_t num_dimensions_;
  std::vector<size_t> places_;
  std::vector<int32_t> ids_;
  std::vector<float> rows_;
};

// Adam with moments that move only for the tokens of the batch ("lazy").
class SparseAdam {
 public:
  SparseAdam(std::span<float> vectors, size_t num_dimensions)
      : num_dimensions_(num_dimensions),
        vectors_(vectors),
        momentum_(vectors.size()),
        squares_(vectors.size()) {}

  void step(const SparseGradient& gradient, double learning_rate) {
    ++num_steps_;
    const auto steps = static_cast<double>(num_steps_);
    const double correction = std::sqrt(1.0 - std::pow(double{kSquareDecay}, steps)) /
                              (1.0 - std::pow(double{kMomentumDecay}, steps));
    const auto rate = static_cast<float>(learning_rate * correction);
    for (size_t index = 0; index < gradient.ids().size(); ++index) {
      const size_t begin = static_cast<size_t>(gradient.ids()[index]) * num_dimensions_;
      update_row(gradient.row(index), rate, momentum_.data() + begin, squares_.data() + begin,
                 vectors_.data() + begin);
    }
  }

 private:
  void update_row(const float* gradient, float rate, float* momentum, float* squares,
                  float* vector) const {
    for (size_t i = 0; i < num_dimensions_; ++i) {
      momentum[i] = kMomentumDecay * momentum[i] + (1.0F - kMomentumDecay) * gradient[i];
      squares[i] = kSquareDecay * squares[i] + (1.0F - kSquareDecay) * gradient[i] * gradient[i];
      vector[i] -= rate * momentum[i] / (std::sqrt(squares[i]) + kEpsilon);
    }
  }

  size_t num_dimensions_;
  uint64_t num_steps_ = 0;
  std::span<float> vectors_;
  std::vector<float> momentum_;
  std::vector<float> squares_;
};

// Adds one text's part of d(1 - cosine)/d(vectors) and returns 1 - cosine.
double add_gradient(std::span<const int32_t> ids, const float* target,
                    std::span<const float> vectors, float weight, std::vector<float>& sum,
                    SparseGradient& gradient) {
  const size_t size = sum.size();
  std::fill(sum.begin(), sum.end(), 0.0F);
  for (const int32_t id : ids) {
    const float* const row = vectors.data() + static_cast<size_t>(id) * size;
    for (size_t i = 0; i < size; ++i) sum[i] += row[i];
  }
  const float norm = std::sqrt(dot(sum.data(), sum.data(), size)) + kMinNorm;
  const float cosine = dot(sum.data(), target, size) / norm;
  const float scale = weight / norm;
  for (size_t i = 0; i < size; ++i) sum[i] = scale * (cosine * (sum[i] / norm) - target[i]);
  for (const int32_t id : ids) gradient.add(id, sum.data());
  return 1.0 - cosine;
}

}  // namespace

double fit_static_vectors(const StaticRegressionData& data, const StaticRegressionOptions& options,
                          std::span<float> vectors, ProgressSink& progress) {
  const size_t size = data.num_dimensions;
  GANGLION_ASSERT(size > 0 && vectors.size() % size == 0 && !data.text_begin.empty());
  const size_t num_texts = data.text_begin.size() - 1;
  GANGLION_ASSERT(data.targets.size() == num_texts * size && options.batch_size > 0);
  Rng rng(options.seed);
  SparseGradient gradient(vectors.size() / size, size);
  SparseAdam adam(vectors, size);
  std::vector<float> sum(size);
  std::vector<size_t> order(num_texts);
  std::iota(order.begin(), order.end(), size_t{0});
  const uint64_t total = num_texts * options.num_epochs;
  double mean_loss = 0;
  for (size_t epoch = 0; epoch < options.num_epochs; ++epoch) {
    rng.shuffle(std::span<size_t>(order));
    double loss = 0;
    for (size_t begin = 0; begin < num_texts; begin += options.batch_size) {
      const size_t end = std::min(num_texts, begin + options.batch_size);
      const float weight = 1.0F / static_cast<float>(end - begin);
      gradient.clear();
      for (size_t i = begin; i < end; ++i) {
        const size_t text = order[i];
        const auto ids = std::span(data.ids).subspan(
            data.text_begin[text], data.text_begin[text + 1] - data.text_begin[text]);
        loss +=
            add_gradient(ids, data.targets.data() + text * size, vectors, weight, sum, gradient);
      }
      const uint64_t done = epoch * num_texts + end;
      adam.step(gradient, options.learning_rate *
                              (1.0 - static_cast<double>(done) / static_cast<double>(total)));
      progress.update(done, total, fmt::format("loss {:.4f}", loss / static_cast<double>(end)));
    }
    mean_loss = loss / static_cast<double>(num_texts);
  }
  return mean_loss;
}

}  // namespace ganglion
