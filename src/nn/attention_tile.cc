#include "nn/attention_tile.h"

#include <algorithm>

namespace ganglion {
namespace {

// Rows of a tile: tokens times query heads of a key/value head. Their scores of a block, and the
// block, stay in the L2 cache, and the block is converted once for all of them.
constexpr size_t kRowsAtOnce = 96;
constexpr size_t kBlock = KvCache::kBlockTokens;

// What one thread works with. D is d rounded up to 16.
struct TileBuffers {
  AlignedVector<float> queries;           // [rows, d], scaled
  AlignedVector<float> keys;              // [d, kBlock]
  AlignedVector<float> values;            // [kBlock, D]
  AlignedVector<float> weights;           // [rows, kBlock], scores at first
  AlignedVector<float> mixed;             // [rows, D]
  AlignedVector<float> largest;           // [rows]
  AlignedVector<float> sums;              // [rows, 16]
  AlignedVector<uint16_t> query_bfloats;  // for a BF16 cache
  AlignedVector<uint16_t> weight_bfloats;
};

class TileRun {
 public:
  TileRun(const KernelTable& kernels, const AttentionTile& tile, TileBuffers& buffers)
      : kernels_(kernels),
        tile_(tile),
        shape_(tile.shape),
        group_(tile.shape.num_heads / tile.shape.num_kv_heads),
        num_rows_(tile.num_tokens * group_),
        width_((shape_.head_dim + 15) / 16 * 16),
        buffers_(buffers) {}

  void run() {
    begin_rows();
    const size_t end = seen_to(tile_.num_tokens - 1);
    size_t begin = end;
    for (size_t token = 0; token < tile_.num_tokens; ++token) {
      begin = std::min(begin, seen_from(token));
    }
    for (size_t block = begin / kBlock; block * kBlock < end; ++block) {
      add_block(block, std::min(kBlock, end - block * kBlock));
    }
    write_rows();
  }

 private:
  // The cached rows [seen_from, seen_to) that the tile's `token` sees; of a tree's tokens only
  // some.
  size_t seen_to(size_t token) const {
    return tile_.sequence.first_position + tile_.first_token + token + 1;
  }
  size_t seen_from(size_t token) const {
    if (shape_.window == 0) return 0;
    const PassSequence& sequence = tile_.sequence;
    const size_t length = sequence.position(tile_.first_token + token) + 1;
    const size_t first = length - std::min(length, shape_.window);
    return sequence.parents.empty() ? first : std::min(first, sequence.first_position);
  }

  void begin_rows() {
    const size_t size = group_ * shape_.head_dim;
    float* copy = make_room(buffers_.queries, num_rows_ * shape_.head_dim);
    for (size_t token = 0; token < tile_.num_tokens; ++token) {
      const float* from = tile_.queries + token * tile_.query_stride + tile_.kv_head * size;
      for (size_t i = 0; i < size; ++i) copy[token * size + i] = from[i] * shape_.scale;
    }
    if (tile_.sequence.cache->type() == DType::kBF16) {
      uint16_t* bfloats = make_room(buffers_.query_bfloats, num_rows_ * shape_.head_dim);
      kernels_.round_to_bf16(copy, num_rows_ * shape_.head_dim, bfloats);
    }
    make_room(buffers_.keys, shape_.head_dim * kBlock);
    make_room(buffers_.values, kBlock * width_);
    make_room(buffers_.weights, num_rows_ * kBlock);
    std::fill_n(make_room(buffers_.mixed, num_rows_ * width_), num_rows_ * width_, 0.0F);
    std::fill_n(make_room(buffers_.largest, num_rows_), num_rows_, kNoScore);
    std::fill_n(make_room(buffers_.sums, num_rows_ * 16), num_rows_ * 16, 0.0F);
  }

  // Of which `count` positions are there.
  void add_block(size_t block, size_t count) {
    const KvCache& cache = *tile_.sequence.cache;
    if (cache.type() == DType::kBF16) return add_pairs(cache, block);
    cache.read_block(kernels_, tile_.layer, tile_.kv_head, block, count, buffers_.keys.data(),
                     buffers_.values.data(), width_);
    kernels_.gemm_columns({.a = buffers_.queries.data(),
                           .a_stride = shape_.head_dim,
                           .b = buffers_.keys.data(),
                           .c = buffers_.weights.data(),
                           .num_rows = num_rows_,
                           .num_columns = kBlock,
                           .depth = shape_.head_dim});
    for (size_t row = 0; row < num_rows_; ++row) weigh(row, block * kBlock);
    kernels_.gemm_columns({.a = buffers_.weights.data(),
                           .a_stride = kBlock,
                           .b = buffers_.values.data(),
                           .c = buffers_.mixed.data(),
                           .num_rows = num_rows_,
                           .num_columns = width_,
                           .depth = kBlock,
                           .adds = true});
  }

  // The same on bfloats as they lie in the cache.
  void add_pairs(const KvCache& cache, size_t block) {
    kernels_.gemm_pairs({.a = buffers_.query_bfloats.data(),
                         .a_stride = shape_.head_dim,
                         .b = cache.pairs(tile_.layer, KvKind::kKey, tile_.kv_head, block),
                         .b_stride = kBlock,
                         .c = buffers_.weights.data(),
                         .num_rows = num_rows_,
                         .num_columns = kBlock,
                         .depth = shape_.head_dim});
    for (size_t row = 0; row < num_rows_; ++row) weigh(row, block * kBlock);
    uint16_t* weights = make_room(buffers_.weight_bfloats, num_rows_ * kBlock);
    kernels_.round_to_bf16(buffers_.weights.data(), num_rows_ * kBlock, weights);
    kernels_.gemm_pairs({.a = weights,
                         .a_stride = kBlock,
                         .b = cache.pairs(tile_.layer, KvKind::kValue, tile_.kv_head, block),
                         .b_stride = shape_.head_dim,
                         .c = buffers_.mixed.data(),
                         .num_rows = num_rows_,
                         .num_columns = width_,
                         .depth = kBlock,
                         .adds = true});
  }

  // Takes what stands beside the tile's `token` in the tree, or beyond the window, out of the
  // scores of the block at position `first`.
  void hide_branches(size_t token, size_t first, float* scores) const {
    size_t seen = tile_.first_token + token;
    for (size_t distance = 1;; ++distance) {
      int32_t parent = tile_.sequence.parents[seen];
      if (distance == shape_.window) parent = -1;
      // What is cached between the two.
      const size_t from = tile_.sequence.first_position + static_cast<size_t>(parent + 1);
      const size_t to = tile_.sequence.first_position + seen;
      std::fill(scores + (std::clamp(from, first, first + kBlock) - first),
                scores + (std::clamp(to, first, first + kBlock) - first), kNoScore);
      if (parent < 0) return;
      seen = static_cast<size_t>(parent);
    }
  }

  // The row's scores of the block at position `first` become weights.
  void weigh(size_t row, size_t first) {
    const size_t token = row / group_;
    SoftmaxStep step;
    step.scores = buffers_.weights.data() + row * kBlock;
    step.size = kBlock;
    step.first = std::max(seen_from(token), first) - first;
    step.last = std::clamp(seen_to(token), first, first + kBlock) - first;
    step.soft_cap = shape_.soft_cap;
    if (!tile_.sequence.parents.empty()) {
      if (step.soft_cap > 0) kernels_.soft_cap(step.scores, kBlock, step.soft_cap);
      step.soft_cap = 0;
      hide_branches(token, first, step.scores);
    }
    step.largest = buffers_.largest.data() + row;
    step.sums = buffers_.sums.data() + row * 16;
    const float factor = kernels_.softmax_step(step);
    if (factor == 1.0F) return;
    float* mixed = buffers_.mixed.data() + row * width_;
    for (size_t i = 0; i < width_; ++i) mixed[i] *= factor;
  }

  void write_rows() {
    for (size_t row = 0; row < num_rows_; ++row) {
      const size_t head = tile_.kv_head * group_ + row % group_;
      float* out = tile_.out + (row / group_ * shape_.num_heads + head) * shape_.head_dim;
      const float* mixed = buffers_.mixed.data() + row * width_;
      const float sum = kernels_.sum_lanes(buffers_.sums.data() + row * 16);
      for (size_t i = 0; i < shape_.head_dim; ++i) out[i] = mixed[i] / sum;
    }
  }

  const KernelTable& kernels_;
  const AttentionTile& tile_;
  const AttentionShape& shape_;
  size_t group_;     // query heads of a key/value head
  size_t num_rows_;  // a token's query heads, one after the other
  size_t width_;     // D
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
