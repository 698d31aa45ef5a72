#include "nn/attention.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"

namespace ganglion {
namespace {

constexpr double kAlibiExponent = 8;  // the last slope of a power of two of heads is 2^-8
constexpr size_t kBlockRows = 24;     // queries at a time: their scores stay in the L1 cache

// A head's queries [T, d] and its output, rows `stride` and `out_stride` floats apart.
struct Head {
  const float* queries;
  size_t stride;
  size_t out_stride;
  size_t num_tokens;
  float slope;
  float scale;
};

// scores [rows, T] of the queries from `first` on, not yet scaled, less slope |i - j| / scale.
void subtract_distances(const Head& head, size_t first, size_t num_rows, float* scores) {
  const float step = head.slope / head.scale;
  for (size_t i = first; i < first + num_rows; ++i, scores += head.num_tokens) {
    for (size_t j = 0; j < head.num_tokens; ++j) {
      scores[j] -= step * static_cast<float>(i > j ? i - j : j - i);
    }
  }
}

// Writes the rows of `out` for `num_rows` queries from `first` on.
void attend_block(const KernelTable& kernels, const Head& head, size_t first, size_t num_rows,
                  float* out, AttentionScratch& scratch) {
  float* weights = scratch.weights.data();
  GemmF32 scores = gemm_of(scratch.keys);
  scores.a = head.queries + first * head.stride;
  scores.a_stride = head.stride;
  scores.c = weights;
  scores.c_stride = head.num_tokens;
  scores.num_rows = num_rows;
  kernels.gemm_f32(scores);
  if (head.slope != 0.0F) subtract_distances(head, first, num_rows, weights);
  for (size_t row = 0; row < num_rows; ++row) {
    kernels.softmax(weights + row * head.num_tokens, head.num_tokens, head.scale);
  }
  GemmF32 mix = gemm_of(scratch.values);
  mix.a = weights;
  mix.a_stride = head.num_tokens;
  mix.c = out;
  mix.c_stride = head.out_stride;
  mix.num_rows = num_rows;
  kernels.gemm_f32(mix);
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
                    TokenRange queries, size_t num_heads, size_t head_dim,
                    std::span<const float> slopes, float* out, AttentionScratch& scratch) {
  GANGLION_ASSERT(slopes.empty() || slopes.size() == num_heads);
  GANGLION_ASSERT(queries.begin <= queries.end && queries.end <= num_tokens);
  const size_t hidden_size = num_heads * head_dim;
  const size_t stride = 3 * hidden_size;
  const float scale = 1.0F / std::sqrt(static_cast<float>(head_dim));
  const size_t num_weights = std::min(kBlockRows, num_tokens) * num_tokens;
  if (scratch.weights.size() < num_weights) scratch.weights.resize(num_weights);
  for (size_t i = 0; i < num_heads; ++i) {
    const float* first_query = qkv + i * head_dim;
    scratch.keys.pack(first_query + hidden_size, num_tokens, head_dim, stride, 1);
    scratch.values.pack(first_query + 2 * hidden_size, head_dim, num_tokens, 1, stride);
    const Head head = {
        first_query, stride, hidden_size, num_tokens, slopes.empty() ? 0.0F : slopes[i], scale};
    for (size_t first = queries.begin; first < queries.end; first += kBlockRows) {
      attend_block(kernels, head, first, std::min(kBlockRows, queries.end - first),
                   out + (first - queries.begin) * hidden_size + i * head_dim, scratch);
    }
  }
}

}  // namespace ganglion
