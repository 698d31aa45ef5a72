// Bidirectional multi-head self-attention of one sequence.
// Letters: T tokens, h heads, d size of a head; H = h * d.
#pragma once

#include <span>
#include <vector>

#include "kernels/kernel_table.h"
#include "kernels/packed_matrix.h"

namespace ganglion {

// Reused between calls. One a thread.
struct AttentionScratch {
  PackedF32 keys;                // of one head: T columns, depth d
  PackedF32 values;              // of one head: d columns, depth T
  AlignedVector<float> weights;  // of a block of queries: [24 or fewer, T]
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
// A. Vaswani et al. 2017, equation 1. `out` has a row for each of `queries`.
void self_attention(const KernelTable& kernels, const float* qkv, size_t num_tokens,
                    TokenRange queries, size_t num_heads, size_t head_dim,
                    std::span<const float> slopes, float* out, AttentionScratch& scratch);

}  // namespace ganglion
