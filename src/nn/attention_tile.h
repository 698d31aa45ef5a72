// The arithmetic of attention: a few consecutive tokens of one sequence, the query heads that share
// one key/value head, over the blocks of the sequence's cache.
// Letters: h query heads, d size of a head.
#pragma once

#include <cstddef>

#include "kernels/kernel_table.h"
#include "nn/decoder_pass.h"

namespace ganglion {

struct AttentionShape {
  size_t num_heads = 0;     // h, a multiple of num_kv_heads
  size_t num_kv_heads = 0;  // g
  size_t head_dim = 0;      // d
  float scale = 1;          // of the scores; usually 1 / sqrt d
  size_t window = 0;        // a token sees itself and the window - 1 before it; 0: all before it
  float soft_cap = 0;       // scores become cap * tanh(score / cap); 0: they stay
};

struct AttentionTile {
  const AttentionShape& shape;
  const PassSequence& sequence;
  size_t layer = 0;
  size_t kv_head = 0;
  size_t first_token = 0;  // of the sequence's tokens
  size_t num_tokens = 0;
  const float* queries = nullptr;  // of first_token, h d floats; the next ones query_stride apart
  size_t query_stride = 0;
  float* out = nullptr;  // of first_token; the next ones h d floats apart
};

// The tokens that a tile takes.
size_t attention_tile_tokens(const AttentionShape& shape);

// out [tokens, h d], the key/value head's columns of it = softmax(scale Q K^T) V over the cached
// positions that each token sees, in float32 (over a BF16 cache: sums of bfloats), block by block
// of the cache: the scores of a long context are never all in memory (T. Dao et al. 2022,
// "FlashAttention"). A token gives the same bits in any tile. Thread-safe.
void attend_tile(const KernelTable& kernels, const AttentionTile& tile);

}  // namespace ganglion
