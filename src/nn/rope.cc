#include "nn/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"
#include "nn/compute.h"

namespace ganglion {
namespace {

// The pair that makes `rotations` full turns within the original context.
double pair_of_rotations(const RopeSettings& config, double rotations) {
  const double turns = config.yarn->original_context_length / (rotations * 2 * std::numbers::pi);
  return static_cast<double>(config.num_rotated) * std::log(turns) / (2 * std::log(config.theta));
}

// How much of the pair's angle is interpolated: 0 for fast pairs, 1 for slow ones. As in ggml's
// ggml_rope_yarn_corr_dims and rope_yarn_ramp.
double interpolated_share(const RopeSettings& config, size_t pair) {
  const double low = std::max(0.0, std::floor(pair_of_rotations(config, config.yarn->beta_fast)));
  const double high = std::min(static_cast<double>(config.num_rotated) - 1,
                               std::ceil(pair_of_rotations(config, config.yarn->beta_slow)));
  return std::clamp((static_cast<double>(pair) - low) / std::max(0.001, high - low), 0.0, 1.0);
}

std::vector<double> pair_frequencies(const RopeSettings& config,
                                     const std::vector<float>& factors) {
  std::vector<double> frequencies(config.num_rotated / 2);
  GANGLION_ASSERT(factors.empty() || factors.size() == frequencies.size());
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(config.num_rotated);
    double frequency = std::pow(config.theta, exponent);
    if (!factors.empty()) frequency /= static_cast<double>(factors[i]);
    if (config.yarn) {
      const double share = interpolated_share(config, i);
      frequency *= share / config.yarn->factor + (1 - share);
    } else {
      frequency /= config.linear_factor;
    }
    frequencies[i] = frequency;
  }
  return frequencies;
}

}  // namespace

void RopeAngles::rotate(float* x, size_t num_heads, size_t head_dim, size_t index) const {
  const size_t num_pairs = num_rotated / 2;
  const float* c = cosines.data() + index * num_pairs;
  const float* s = sines.data() + index * num_pairs;
  const size_t step = pairs == RopePairs::kNeighbours ? 2 : 1;
  const size_t distance = pairs == RopePairs::kNeighbours ? 1 : num_pairs;
  for (size_t head = 0; head < num_heads; ++head) {
    float* first = x + head * head_dim;
    for (size_t i = 0; i < num_pairs; ++i) {
      float& a = first[i * step];
      float& b = first[i * step + distance];
      const float rotated = a * c[i] - b * s[i];
      b = a * s[i] + b * c[i];
      a = rotated;
    }
  }
}

Rope::Rope(const RopeSettings& config)
    : pairs_(config.pairs),
      num_rotated_(config.num_rotated),
      magnitude_(config.magnitude),
      original_context_length_(config.original_context_length),
      frequencies_(pair_frequencies(config, config.factors)) {
  GANGLION_ASSERT(config.num_rotated % 2 == 0);
  if (config.yarn) magnitude_ *= 1 + 0.1 * std::log(config.yarn->factor);
  if (!config.long_factors.empty()) {
    long_frequencies_ = pair_frequencies(config, config.long_factors);
  }
}

const std::vector<double>& Rope::frequencies(size_t context_length) const {
  return is_long(context_length) ? long_frequencies_ : frequencies_;
}

void Rope::angles(size_t first, size_t num_tokens, size_t context_length, RopeAngles& angles,
                  size_t first_row) const {
  const std::vector<double>& of_pairs = frequencies(context_length);
  angles.num_rotated = num_rotated_;
  angles.pairs = pairs_;
  const size_t size = (first_row + num_tokens) * of_pairs.size();
  float* cosine = make_room(angles.cosines, size) + first_row * of_pairs.size();
  float* sine = make_room(angles.sines, size) + first_row * of_pairs.size();
  for (size_t token = 0; token < num_tokens; ++token) {
    for (const double frequency : of_pairs) {
      const double angle = static_cast<double>(first + token) * frequency;
      *cosine++ = static_cast<float>(std::cos(angle) * magnitude_);
      *sine++ = static_cast<float>(std::sin(angle) * magnitude_);
    }
  }
}

void Rope::angles_back(size_t distance, size_t context_length, RopeAngles& angles) const {
  const std::vector<double>& of_pairs = frequencies(context_length);
  angles.num_rotated = num_rotated_;
  angles.pairs = pairs_;
  float* cosine = make_room(angles.cosines, of_pairs.size());
  float* sine = make_room(angles.sines, of_pairs.size());
  for (const double frequency : of_pairs) {
    const double angle = -static_cast<double>(distance) * frequency;
    *cosine++ = static_cast<float>(std::cos(angle));
    *sine++ = static_cast<float>(std::sin(angle));
  }
}

}  // namespace ganglion
