// Bidirectional multi-head self-attention of one sequence.
// Letters: T tokens, h heads, d size of a head; H = h * d.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/packed_matrix.h"

namespace ganglion {

// Reused between calls. One a thread.
struct AttentionScratch {
  PackedF32 keys;                // of one head: T columns, depth d
  PackedF32 values;              // of one head: d columns, depth T
  AlignedVector<float> weights;  // [T, T]
};

// out[T, H] = softmax(Q K^T / sqrt d) V, head by head, in float32. `qkv` is [T, 3H]: queries, keys
// and values of a token side by side. A. Vaswani et al. 2017, equation 1.
void self_attention(const KernelTable& kernels, const float* qkv, size_t num_tokens,
                    size_t num_heads, size_t head_dim, float* out, AttentionScratch& scratch);

}  // namespace ganglion
