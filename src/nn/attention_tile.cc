#include "nn/attention_tile.h"

#include <algorithm>

namespace ganglion {
namespace {

constexpr size_t kRowsAtOnce = 32;  // of scores: tokens times query heads of a key/value head

// What one thread works with.
struct TileBuffers {
  AlignedVector<float> queries;  // [rows, d], scaled
  AlignedVector<float> scores;   // [rows, span]
  AlignedVector<float> rows;     // [KvCache::kBlockTokens, d]
};

class TileRun {
 public:
  TileRun(const KernelTable& kernels, const AttentionTile& tile, TileBuffers& buffers)
      : kernels_(kernels),
        tile_(tile),
        shape_(tile.shape),
        group_(tile.shape.num_heads / tile.shape.num_kv_heads),
        num_rows_(tile.num_tokens * group_),
        begin_(seen_from(0)),
        end_(seen_to(tile.num_tokens - 1)),
        buffers_(buffers) {}

  void run() {
    copy_queries();
    score();
    for (size_t row = 0; row < num_rows_; ++row) normalise(row);
    mix();
  }

 private:
  // The positions [seen_from, seen_to) that the tile's `token` sees.
  size_t seen_to(size_t token) const {
    return tile_.sequence.first_position + tile_.first_token + token + 1;
  }
  size_t seen_from(size_t token) const {
    return shape_.window == 0 ? 0 : seen_to(token) - std::min(seen_to(token), shape_.window);
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

  const float* cached(KvKind kind, size_t first, size_t count) {
    return tile_.sequence.cache->rows(
        kernels_, tile_.layer, kind, tile_.kv_head, first, count,
        make_room(buffers_.rows, KvCache::kBlockTokens * shape_.head_dim));
  }

  void copy_queries() {
    const size_t size = group_ * shape_.head_dim;
    float* copy = make_room(buffers_.queries, tile_.num_tokens * size);
    for (size_t token = 0; token < tile_.num_tokens; ++token) {
      const float* from = tile_.queries + token * tile_.query_stride + tile_.kv_head * size;
      for (size_t i = 0; i < size; ++i) copy[token * size + i] = from[i] * shape_.scale;
    }
  }

  void score() {
    const size_t span = end_ - begin_;
    make_room(buffers_.scores, num_rows_ * span);
    for_each_block([&](size_t first, size_t count) {
      GemmRows gemm;
      gemm.a = buffers_.queries.data();
      gemm.a_stride = shape_.head_dim;
      gemm.w = cached(KvKind::kKey, first, count);
      gemm.w_stride = shape_.head_dim;
      gemm.c = buffers_.scores.data() + (first - begin_);
      gemm.c_stride = span;
      gemm.num_rows = num_rows_;
      gemm.num_columns = count;
      gemm.depth = shape_.head_dim;
      kernels_.gemm_rows(gemm);
    });
  }

  // The scores of what the row's token sees become weights that add up to 1.
  void normalise(size_t row) {
    const size_t token = row / group_;
    float* scores = buffers_.scores.data() + row * (end_ - begin_) + (seen_from(token) - begin_);
    const size_t count = seen_to(token) - seen_from(token);
    if (shape_.soft_cap > 0) kernels_.soft_cap(scores, count, shape_.soft_cap);
    kernels_.softmax(scores, count, 1.0F);
  }

  void mix() {
    const size_t head_dim = shape_.head_dim;
    for (size_t row = 0; row < num_rows_; ++row) std::fill_n(out_row(row), head_dim, 0.0F);
    for_each_block([&](size_t first, size_t count) {
      const float* values = cached(KvKind::kValue, first, count);
      for (size_t row = 0; row < num_rows_; ++row) {
        const size_t from = std::max(first, seen_from(row / group_));
        const size_t to = std::min(first + count, seen_to(row / group_));
        if (from >= to) continue;
        const float* weights = buffers_.scores.data() + row * (end_ - begin_) + (from - begin_);
        kernels_.mix_rows(weights, values + (from - first) * head_dim, head_dim, to - from,
                          head_dim, out_row(row));
      }
    });
  }

  float* out_row(size_t row) const {
    const size_t head = tile_.kv_head * group_ + row % group_;
    return tile_.out + (row / group_ * shape_.num_heads + head) * shape_.head_dim;
  }

  const KernelTable& kernels_;
  const AttentionTile& tile_;
  const AttentionShape& shape_;
  size_t group_;     // query heads of a key/value head
  size_t num_rows_;  // a token's query heads, one after the other
  size_t begin_;     // the first position that any of the tokens sees
  size_t end_;       // one past the last
  TileBuffers& buffers_;
};

}  // namespace

size_t attention_tile_tokens(const AttentionShape& shape) {
  return std::max(kRowsAtOnce / (shape.num_heads / shape.num_kv_heads), size_t{1});
}

void attend_tile(const KernelTable& kernels, const AttentionTile& tile) {
  thread_local TileBuffers buffers;
  TileRun(kernels, tile, buffers).run();
}

}  // namespace ganglion
