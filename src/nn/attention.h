// Bidirectional multi-head self-attention of one sequence.
// Letters: T tokens, h heads, d size of a head; H = h * d.
#pragma once

#include <span>
#include <vector>

#include "kernels/kernel_table.h"
#include "kernels/packed_matrix.h"
#include "nn/linear.h"

namespace ganglion {

// Reused between calls. One a thread.
struct AttentionScratch {
  PackedF32 keys;                // of one head: T columns, depth d
  PackedF32 values;              // of one head: d columns, depth T
  AlignedVector<float> weights;  // of a block of queries: [24 or fewer, T]

  // Of 8-bit models instead, as bfloats. W: T rounded up to 16.
  AlignedVector<uint16_t> rows;            // [T, 3H]
  AlignedVector<uint16_t> key_pairs;       // of one head: [d / 2, W, 2]
  AlignedVector<uint16_t> value_pairs;     // of one head: [W / 2, d, 2]
  AlignedVector<uint16_t> weight_bfloats;  // [24 or fewer, W]
  AlignedVector<float> mixed;              // [24 or fewer, d]
};

// How much a head's scores fall with each token of distance, [h]. O. Press et al. 2022, "Train
// Short, Test Long", section 3, and its code for numbers of heads that are no power of two.
std::vector<float> alibi_slopes(size_t num_heads);

// Tokens of one sequence.
struct TokenRange {
  size_t begin = 0;
  size_t end = 0;
};

// out[queries, H] = softmax(Q K^T / sqrt d - slope |i - j|) V, head by head, in float32. `qkv` is
// [T, 3H]: queries, keys and values of a token side by side. `slopes`: [h], or empty for none.
// A. Vaswani et al. 2017, equation 1. `out` has a row for each of `queries`. With kS8 and a d that
// is a multiple of 16 the products' factors are rounded to bfloats.
void self_attention(const KernelTable& kernels, Precision precision, const float* qkv,
                    size_t num_tokens, TokenRange queries, size_t num_heads, size_t head_dim,
                    std::span<const float> slopes, float* out, AttentionScratch& scratch);

}  // namespace ganglion
