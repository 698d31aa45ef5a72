#include "nn/causal_attention.h"

#include <algorithm>

#include "base/check.h"

namespace ganglion {
namespace {

constexpr size_t kRowsAtOnce = 32;  // of scores: tokens times query heads of a key/value head

// What one thread works with.
struct AttentionBuffers {
  AlignedVector<float> queries;  // [rows, d], scaled
  AlignedVector<float> scores;   // [rows, span]
  AlignedVector<float> rows;     // [KvCache::kBlockTokens, d]
};

// A few consecutive tokens' query heads that share one key/value head.
class AttentionTile {
 public:
  AttentionTile(const DecoderPass& pass, const AttentionShape& shape, size_t layer, size_t kv_head,
                size_t first_token, size_t num_tokens, AttentionBuffers& buffers)
      : pass_(pass),
        shape_(shape),
        layer_(layer),
        kv_head_(kv_head),
        first_token_(first_token),
        num_tokens_(num_tokens),
        group_(shape.num_heads / shape.num_kv_heads),
        begin_(seen_from(first_token)),
        end_(pass.first_position + first_token + num_tokens),
        buffers_(buffers) {}

  void run(const float* queries, size_t query_stride, float* out) {
    copy_queries(queries, query_stride);
    score();
    for (size_t row = 0; row < num_tokens_ * group_; ++row) normalise(row);
    mix(out);
  }

 private:
  size_t position(size_t token) const { return pass_.first_position + token; }
  // The first position that a token of the pass sees.
  size_t seen_from(size_t token) const {
    const size_t last = position(token);
    return shape_.window == 0 || last < shape_.window ? 0 : last + 1 - shape_.window;
  }

  // Calls body(first, count) for the pieces of [begin_, end_) that lie in one block of the cache.
  template <typename Body>
  void for_each_block(const Body& body) const {
    for (size_t first = begin_; first < end_;) {
      const size_t next = (first / KvCache::kBlockTokens + 1) * KvCache::kBlockTokens;
      const size_t count = std::min(next, end_) - first;
      body(first, count);
      first += count;
    }
  }

  void copy_queries(const float* queries, size_t query_stride) {
    const size_t size = group_ * shape_.head_dim;
    float* copy = make_room(buffers_.queries, num_tokens_ * size);
    for (size_t token = 0; token < num_tokens_; ++token) {
      const float* from = queries + (first_token_ + token) * query_stride + kv_head_ * size;
      for (size_t i = 0; i < size; ++i) copy[token * size + i] = from[i] * shape_.scale;
    }
  }

  void score() {
    const size_t span = end_ - begin_;
    make_room(buffers_.scores, num_tokens_ * group_ * span);
    make_room(buffers_.rows, KvCache::kBlockTokens * shape_.head_dim);
    for_each_block([&](size_t first, size_t count) {
      GemmRows gemm;
      gemm.a = buffers_.queries.data();
      gemm.a_stride = shape_.head_dim;
      gemm.w = pass_.cache.rows(pass_.compute.kernels, layer_, KvKind::kKey, kv_head_, first, count,
                                buffers_.rows.data());
      gemm.w_stride = shape_.head_dim;
      gemm.c = buffers_.scores.data() + (first - begin_);
      gemm.c_stride = span;
      gemm.num_rows = num_tokens_ * group_;
      gemm.num_columns = count;
      gemm.depth = shape_.head_dim;
      pass_.compute.kernels.gemm_rows(gemm);
    });
  }

  // The scores of what the row's token sees become weights that add up to 1.
  void normalise(size_t row) {
    const size_t token = first_token_ + row / group_;
    float* scores = buffers_.scores.data() + row * (end_ - begin_) + (seen_from(token) - begin_);
    const size_t count = position(token) + 1 - seen_from(token);
    if (shape_.soft_cap > 0) pass_.compute.kernels.soft_cap(scores, count, shape_.soft_cap);
    pass_.compute.kernels.softmax(scores, count, 1.0F);
  }

  void mix(float* out) {
    const size_t head_dim = shape_.head_dim;
    for (size_t row = 0; row < num_tokens_ * group_; ++row) {
      std::fill_n(out_row(out, row), head_dim, 0.0F);
    }
    for_each_block([&](size_t first, size_t count) {
      const float* values = pass_.cache.rows(pass_.compute.kernels, layer_, KvKind::kValue,
                                             kv_head_, first, count, buffers_.rows.data());
      for (size_t row = 0; row < num_tokens_ * group_; ++row) {
        const size_t token = first_token_ + row / group_;
        const size_t from = std::max(first, seen_from(token));
        const size_t to = std::min(first + count, position(token) + 1);
        if (from >= to) continue;
        const float* weights = buffers_.scores.data() + row * (end_ - begin_) + (from - begin_);
        pass_.compute.kernels.mix_rows(weights, values + (from - first) * head_dim, head_dim,
                                       to - from, head_dim, out_row(out, row));
      }
    });
  }

  float* out_row(float* out, size_t row) const {
    const size_t token = first_token_ + row / group_;
    const size_t head = kv_head_ * group_ + row % group_;
    return out + (token * shape_.num_heads + head) * shape_.head_dim;
  }

  const DecoderPass& pass_;
  const AttentionShape& shape_;
  size_t layer_, kv_head_, first_token_, num_tokens_;
  size_t group_;  // query heads of a key/value head
  size_t begin_;  // the first position that any of the tokens sees
  size_t end_;    // one past the last
  AttentionBuffers& buffers_;
};

}  // namespace

void attend_to_cache(const DecoderPass& pass, const AttentionShape& shape, size_t layer,
                     const float* queries, size_t query_stride, float* out) {
  const size_t group = shape.num_heads / shape.num_kv_heads;
  const size_t step = std::max(kRowsAtOnce / group, size_t{1});
  const size_t num_pieces = (pass.num_tokens + step - 1) / step;
  pass.compute.pool.parallel_for(num_pieces * shape.num_kv_heads, 1, [&](size_t begin, size_t end) {
    thread_local AttentionBuffers buffers;
    for (size_t item = begin; item < end; ++item) {
      const size_t first = item / shape.num_kv_heads * step;
      AttentionTile(pass, shape, layer, item % shape.num_kv_heads, first,
                    std::min(step, pass.num_tokens - first), buffers)
          .run(queries, query_stride, out);
    }
  });
}

void CausalAttention::forward(const DecoderPass& pass, size_t layer, const float* x,
                              float* out) const {
  const size_t stride = query_key_value.num_outputs();
  GANGLION_ASSERT(stride == (shape.num_heads + 2 * shape.num_kv_heads) * shape.head_dim);
  float* qkv = make_room(pass.scratch.qkv, pass.num_tokens * stride);
  float* attended =
      make_room(pass.scratch.attended, pass.num_tokens * shape.num_heads * shape.head_dim);
  query_key_value.forward(pass.compute, x, pass.num_tokens, qkv);
  for_each_row(pass.compute, pass.num_tokens,
               [&](size_t token) { prepare_token(pass, layer, token, qkv + token * stride); });
  attend_to_cache(pass, shape, layer, qkv, stride, attended);
  output.forward(pass.compute, attended, pass.num_tokens, out);
}

// Norms and rotates a token's queries and keys, and stores keys and values.
void CausalAttention::prepare_token(const DecoderPass& pass, size_t layer, size_t token,
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
    pass.angles[*rope].rotate(qkv, shape.num_heads, head_dim, token);
    pass.angles[*rope].rotate(keys, shape.num_kv_heads, head_dim, token);
  }
  const size_t position = pass.first_position + token;
  for (size_t head = 0; head < shape.num_kv_heads; ++head) {
    pass.cache.write(layer, KvKind::kKey, head, position, keys + head * head_dim);
    pass.cache.write(layer, KvKind::kValue, head, position, values + head * head_dim);
  }
}

}  // namespace ganglion
