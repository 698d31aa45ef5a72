// Causal attention of new tokens to themselves and to all that a cache holds.
// Letters: M new tokens, H hidden size, h query heads, g key/value heads, d size of a head.
#pragma once

#include <optional>
#include <span>

#include "nn/compute.h"
#include "nn/kv_cache.h"
#include "nn/norm.h"
#include "nn/rope.h"
#include "nn/stored_linear.h"

namespace ganglion {

struct AttentionShape {
  size_t num_heads = 0;     // h, a multiple of g
  size_t num_kv_heads = 0;  // g
  size_t head_dim = 0;      // d
  float scale = 1;          // of the scores; usually 1 / sqrt d
  size_t window = 0;        // a token sees itself and the window - 1 before it; 0: all before it
  float soft_cap = 0;       // scores become cap * tanh(score / cap); 0: they stay
};

// Buffers of a forward pass, reused between calls. One a session.
struct DecoderScratch {
  AlignedVector<float> normed;     // [M, H]
  AlignedVector<float> qkv;        // [M, (h + 2g) d]
  AlignedVector<float> attended;   // [M, h d]
  AlignedVector<float> projected;  // [M, H]
  AlignedVector<float> expanded;   // of the feed-forward network
  AlignedVector<float> activated;
  AlignedVector<float> gathered;  // of the mixture of experts
  AlignedVector<float> mixed;
  AlignedVector<float> routes;
};

// Where a layer's forward pass runs and what it shares with the other layers.
struct DecoderPass {
  const Compute& compute;
  KvCache& cache;
  DecoderScratch& scratch;
  std::span<const RopeAngles> angles;  // of the pass's tokens, one for every Rope of the model
  size_t first_position = 0;
  size_t num_tokens = 0;  // M
};

// The attention block of a decoder layer. Immutable and thread-safe.
struct CausalAttention {
  AttentionShape shape;
  StoredLinear query_key_value;    // [(h + 2g) d, H]: queries, keys, values
  StoredLinear output;             // [H, h d]
  std::optional<Norm> query_norm;  // of each head, before the rotation
  std::optional<Norm> key_norm;
  std::optional<size_t> rope;  // which of the pass's angles; none: heads are not rotated

  // x [M, H] to `out` [M, H]; adds the tokens' keys and values to the cache at `layer`.
  void forward(const DecoderPass& pass, size_t layer, const float* x, float* out) const;

 private:
  void prepare_token(const DecoderPass& pass, size_t layer, size_t token, float* qkv) const;
};

// out [M, h d] = softmax(scale Q K^T) V over the cached positions that each token sees, in float32.
// Queries of a token are h d floats, tokens `query_stride` apart. A. Vaswani et al. 2017, equation
// 1; J. Ainslie et al. 2023 for fewer key/value heads.
void attend_to_cache(const DecoderPass& pass, const AttentionShape& shape, size_t layer,
                     const float* queries, size_t query_stride, float* out);

}  // namespace ganglion
