#include "nn/attention.h"

#include <bit>
#include <cmath>

#include "base/check.h"

namespace ganglion {
namespace {

constexpr double kAlibiExponent = 8;  // the last slope of a power of two of heads is 2^-8

// scores[T, T], not yet scaled, less slope |i - j| / scale.
void subtract_distances(float* scores, size_t num_tokens, float slope, float scale) {
  const float step = slope / scale;
  for (size_t i = 0; i < num_tokens; ++i) {
    float* row = scores + i * num_tokens;
    for (size_t j = 0; j < num_tokens; ++j) {
      row[j] -= step * static_cast<float>(i > j ? i - j : j - i);
    }
  }
}

}  // namespace

std::vector<float> alibi_slopes(size_t num_heads) {
  GANGLION_ASSERT(num_heads > 0);
  const size_t power = std::bit_floor(num_heads);
  const double step = kAlibiExponent / static_cast<double>(power);
  std::vector<float> slopes(num_heads);
  for (size_t head = 0; head < num_heads; ++head) {
    // Those beyond the power of two lie between the others.
    const double exponent = head < power ? step * static_cast<double>(head + 1)
                                         : step / 2 * static_cast<double>(2 * (head - power) + 1);
    slopes[head] = static_cast<float>(std::exp2(-exponent));
  }
  return slopes;
}

void self_attention(const KernelTable& kernels, const float* qkv, size_t num_tokens,
                    size_t num_heads, size_t head_dim, std::span<const float> slopes, float* out,
                    AttentionScratch& scratch) {
  GANGLION_ASSERT(slopes.empty() || slopes.size() == num_heads);
  const size_t hidden_size = num_heads * head_dim;
  const size_t stride = 3 * hidden_size;
  const float scale = 1.0F / std::sqrt(static_cast<float>(head_dim));
  if (scratch.weights.size() < num_tokens * num_tokens) {
    scratch.weights.resize(num_tokens * num_tokens);
  }
  float* weights = scratch.weights.data();
  for (size_t head = 0; head < num_heads; ++head) {
    const float* query = qkv + head * head_dim;
    scratch.keys.pack(query + hidden_size, num_tokens, head_dim, stride, 1);
    scratch.values.pack(query + 2 * hidden_size, head_dim, num_tokens, 1, stride);

    GemmF32 scores = gemm_of(scratch.keys);
    scores.a = query;
    scores.a_stride = stride;
    scores.c = weights;
    scores.c_stride = num_tokens;
    scores.num_rows = num_tokens;
    kernels.gemm_f32(scores);
    if (!slopes.empty()) subtract_distances(weights, num_tokens, slopes[head], scale);
    for (size_t token = 0; token < num_tokens; ++token) {
      kernels.softmax(weights + token * num_tokens, num_tokens, scale);
    }
    GemmF32 mix = gemm_of(scratch.values);
    mix.a = weights;
    mix.a_stride = num_tokens;
    mix.c = out + head * head_dim;
    mix.c_stride = hidden_size;
    mix.num_rows = num_tokens;
    kernels.gemm_f32(mix);
  }
}

}  // namespace ganglion
