#include "nn/causal_attention.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace ganglion {

void attend_to_caches(const DecoderPass& pass, const AttentionShape& shape, size_t layer,
                      const float* queries, size_t query_stride, float* out) {
  const size_t step = attention_tile_tokens(shape);
  std::vector<AttentionTile> tiles;  // of the first key/value head
  size_t first_row = 0;
  for (const PassSequence& sequence : pass.sequences) {
    for (size_t token = 0; token < sequence.tokens.size(); token += step) {
      AttentionTile tile = {shape, sequence};
      tile.layer = layer;
      tile.first_token = token;
      tile.num_tokens = std::min(step, sequence.tokens.size() - token);
      tile.queries = queries + (first_row + token) * query_stride;
      tile.query_stride = query_stride;
      tile.out = out + (first_row + token) * shape.num_heads * shape.head_dim;
      tiles.push_back(tile);
    }
    first_row += sequence.tokens.size();
  }
  pass.compute.pool.parallel_for(tiles.size() * shape.num_kv_heads, 1,
                                 [&](size_t begin, size_t end) {
                                   for (size_t item = begin; item < end; ++item) {
                                     AttentionTile tile = tiles[item / shape.num_kv_heads];
                                     tile.kv_head = item % shape.num_kv_heads;
                                     attend_tile(pass.compute.kernels, tile);
                                   }
                                 });
}

void CausalAttention::forward(const DecoderPass& pass, size_t layer, const float* x,
                              float* out) const {
  const size_t num_tokens = pass.num_tokens();
  const size_t stride = query_key_value.num_outputs();
  GANGLION_ASSERT(stride == (shape.num_heads + 2 * shape.num_kv_heads) * shape.head_dim);
  float* qkv = make_room(pass.scratch.qkv, num_tokens * stride);
  float* attended = make_room(pass.scratch.attended, num_tokens * shape.num_heads * shape.head_dim);
  query_key_value.forward(pass.compute, x, num_tokens, qkv);
  for_each_row(pass.compute, num_tokens,
               [&](size_t row) { prepare_row(pass, layer, row, qkv + row * stride); });
  attend_to_caches(pass, shape, layer, qkv, stride, attended);
  output.forward(pass.compute, attended, num_tokens, out);
}

// Norms and rotates a token's queries and keys, and stores keys and values.
void CausalAttention::prepare_row(const DecoderPass& pass, size_t layer, size_t row,
                                  float* qkv) const {
  const KernelTable& kernels = pass.compute.kernels;
  const size_t head_dim = shape.head_dim;
  float* keys = qkv + shape.num_heads * head_dim;
  const float* values = keys + shape.num_kv_heads * head_dim;
  for (size_t head = 0; query_norm && head < shape.num_heads; ++head) {
    query_norm->forward_row(kernels, qkv + head * head_dim, qkv + head * head_dim);
  }
  for (size_t head = 0; key_norm && head < shape.num_kv_heads; ++head) {
    key_norm->forward_row(kernels, keys + head * head_dim, keys + head * head_dim);
  }
  if (rope) {
    pass.angles[*rope].rotate(qkv, shape.num_heads, head_dim, row);
    pass.angles[*rope].rotate(keys, shape.num_kv_heads, head_dim, row);
  }
  const PassSequence& sequence = *pass.rows[row].sequence;
  const size_t position = sequence.first_position + pass.rows[row].token;
  for (size_t head = 0; head < shape.num_kv_heads; ++head) {
    sequence.cache->write(layer, KvKind::kKey, head, position, keys + head * head_dim);
    sequence.cache->write(layer, KvKind::kValue, head, position, values + head * head_dim);
  }
}

}  // namespace ganglion
