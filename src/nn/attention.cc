#include "nn/attention.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "nn/compute.h"

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

// scores [rows, T], rows `stride` apart, of the queries from `first` on, not yet scaled, less
// slope |i - j| / scale.
void subtract_distances(const Head& head, size_t first, size_t num_rows, size_t stride,
                        float* scores) {
  const float step = head.slope / head.scale;
  for (size_t i = first; i < first + num_rows; ++i, scores += stride) {
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
  if (head.slope != 0.0F) subtract_distances(head, first, num_rows, head.num_tokens, weights);
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

// What the bfloats of one sequence look like.
struct BfloatShape {
  size_t num_tokens;  // T
  size_t width;       // W
  size_t head_dim;
  size_t stride;  // of the rows: 3H
};

// keys [T, d] to pairs of neighbours in a key, and values [T, d] to pairs of neighbours in a
// column; 0 beyond T.
void pack_pairs(const BfloatShape& shape, const uint16_t* keys, const uint16_t* values,
                AttentionScratch& scratch) {
  const size_t d = shape.head_dim;
  uint16_t* key_pairs = make_room(scratch.key_pairs, d * shape.width);
  uint16_t* value_pairs = make_room(scratch.value_pairs, d * shape.width);
  std::fill_n(value_pairs, d * shape.width, uint16_t{0});
  for (size_t token = 0; token < shape.num_tokens; ++token) {
    const uint16_t* key = keys + token * shape.stride;
    for (size_t i = 0; i < d; i += 2) {
      std::memcpy(key_pairs + i * shape.width + 2 * token, key + i, 2 * sizeof(uint16_t));
    }
    const uint16_t* value = values + token * shape.stride;
    uint16_t* out = value_pairs + token / 2 * 2 * d + token % 2;
    for (size_t i = 0; i < d; ++i) out[2 * i] = value[i];
  }
  for (size_t i = 0; i < d; i += 2) {
    std::fill(key_pairs + i * shape.width + 2 * shape.num_tokens, key_pairs + (i + 2) * shape.width,
              uint16_t{0});
  }
}

// As attend_block, of bfloats: `queries` are those from `first` on.
void attend_bfloats(const KernelTable& kernels, const BfloatShape& shape, const Head& head,
                    const uint16_t* queries, size_t first, size_t num_rows, float* out,
                    AttentionScratch& scratch) {
  const size_t width = shape.width;
  float* weights = scratch.weights.data();
  kernels.gemm_pairs({.a = queries,
                      .a_stride = shape.stride,
                      .b = scratch.key_pairs.data(),
                      .b_stride = width,
                      .c = weights,
                      .num_rows = num_rows,
                      .num_columns = width,
                      .depth = shape.head_dim});
  if (head.slope != 0.0F) subtract_distances(head, first, num_rows, width, weights);
  for (size_t row = 0; row < num_rows; ++row) {
    kernels.softmax(weights + row * width, shape.num_tokens, head.scale);
    std::fill(weights + row * width + shape.num_tokens, weights + (row + 1) * width, 0.0F);
  }
  kernels.round_to_bf16(weights, num_rows * width, scratch.weight_bfloats.data());
  kernels.gemm_pairs({.a = scratch.weight_bfloats.data(),
                      .a_stride = width,
                      .b = scratch.value_pairs.data(),
                      .b_stride = shape.head_dim,
                      .c = scratch.mixed.data(),
                      .num_rows = num_rows,
                      .num_columns = shape.head_dim,
                      .depth = width});
  for (size_t row = 0; row < num_rows; ++row) {
    std::copy_n(scratch.mixed.data() + row * shape.head_dim, shape.head_dim,
                out + row * head.out_stride);
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

void self_attention(const KernelTable& kernels, Precision precision, const float* qkv,
                    size_t num_tokens, TokenRange queries, size_t num_heads, size_t head_dim,
                    std::span<const float> slopes, float* out, AttentionScratch& scratch) {
  GANGLION_ASSERT(slopes.empty() || slopes.size() == num_heads);
  GANGLION_ASSERT(queries.begin <= queries.end && queries.end <= num_tokens);
  const size_t hidden_size = num_heads * head_dim;
  const size_t stride = 3 * hidden_size;
  const float scale = 1.0F / std::sqrt(static_cast<float>(head_dim));
  const bool is_bfloat = precision == Precision::kS8 && head_dim % 16 == 0;
  const BfloatShape shape = {num_tokens, (num_tokens + 15) / 16 * 16, head_dim, stride};
  const size_t num_rows = std::min(kBlockRows, num_tokens);
  make_room(scratch.weights, num_rows * shape.width);
  if (is_bfloat) {
    make_room(scratch.weight_bfloats, num_rows * shape.width);
    make_room(scratch.mixed, num_rows * head_dim);
    kernels.round_to_bf16(qkv, num_tokens * stride, make_room(scratch.rows, num_tokens * stride));
  }
  for (size_t i = 0; i < num_heads; ++i) {
    const float* first_query = qkv + i * head_dim;
    const uint16_t* bfloats = is_bfloat ? scratch.rows.data() + i * head_dim : nullptr;
    if (is_bfloat) {
      pack_pairs(shape, bfloats + hidden_size, bfloats + 2 * hidden_size, scratch);
    } else {
      scratch.keys.pack(first_query + hidden_size, num_tokens, head_dim, stride, 1);
      scratch.values.pack(first_query + 2 * hidden_size, head_dim, num_tokens, 1, stride);
    }
    const Head head = {
        first_query, stride, hidden_size, num_tokens, slopes.empty() ? 0.0F : slopes[i], scale};
    for (size_t first = queries.begin; first < queries.end; first += kBlockRows) {
      const size_t count = std::min(kBlockRows, queries.end - first);
      float* block = out + (first - queries.begin) * hidden_size + i * head_dim;
      if (is_bfloat) {
        attend_bfloats(kernels, shape, head, bfloats + first * stride, first, count, block,
                       scratch);
      } else {
        attend_block(kernels, head, first, count, block, scratch);
      }
    }
  }
}

}  // namespace ganglion
