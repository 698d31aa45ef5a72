// Causal attention of new tokens to themselves and to all that their sequence's cache holds.
// Letters: M new tokens, H hidden size, h query heads, g key/value heads, d size of a head.
#pragma once

#include <optional>

#include "nn/attention_tile.h"
#include "nn/norm.h"
#include "nn/stored_linear.h"

namespace ganglion {

// The attention block of a decoder layer. Immutable and thread-safe.
struct CausalAttention {
  AttentionShape shape;
  StoredLinear query_key_value;    // [(h + 2g) d, H]: queries, keys, values
  StoredLinear output;             // [H, h d]
  std::optional<Norm> query_norm;  // of each head, before the rotation
  std::optional<Norm> key_norm;
  std::optional<size_t> rope;  // which of the pass's angles; none: heads are not rotated

  // x [M, H] to `out` [M, H]; adds the tokens' keys and values to their caches at `layer`.
  void forward(const DecoderPass& pass, size_t layer, const float* x, float* out) const;

 private:
  void prepare_row(const DecoderPass& pass, size_t layer, size_t row, float* qkv) const;
};

// out [M, h d] = softmax(scale Q K^T) V over the cached positions that each token sees. Queries of
// a token are h d floats, tokens `query_stride` apart. A. Vaswani et al. 2017, equation 1; J.
// Ainslie et al. 2023 for fewer key/value heads.
void attend_to_caches(const DecoderPass& pass, const AttentionShape& shape, size_t layer,
                      const float* queries, size_t query_stride, float* out);

}  // namespace ganglion
