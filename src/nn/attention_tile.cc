#include "nn/attention_tile.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/quantized_rows.h"

namespace ganglion {
namespace {

// Rows of a tile: tokens times query heads of a key/value head. Their scores of a block, and the
// block, stay in the L2 cache, and the block is converted once for all of them.
constexpr size_t kRowsAtOnce = 96;
constexpr size_t kBlock = KvCache::kBlockTokens;
constexpr float kLog2OfE = 1.44269504F;  // makes scores those of a softmax to base 2

// What one thread works with. D is d rounded up to 16.
struct TileBuffers {
  AlignedVector<float> queries;           // [rows, d], scaled
  AlignedVector<float> keys;              // [d, kBlock]
  AlignedVector<float> values;            // [kBlock, D]
  AlignedVector<float> weights;           // [rows, kBlock], scores at first
  AlignedVector<float> mixed;             // [rows, D]
  AlignedVector<float> largest;           // [rows]
  AlignedVector<float> sums;              // [rows, 16]
  AlignedVector<float> factors;           // [rows], of what is mixed so far
  std::vector<BlockRange> seen;           // [rows], of a block
  AlignedVector<uint16_t> query_bfloats;  // for a BF16 cache
  AlignedVector<uint16_t> weight_bfloats;
  QuantizedRows quantized_queries;  // for a Q8_0 cache
  AlignedVector<float> key_scales;
  AlignedVector<float> value_scales;
  AlignedVector<uint8_t> quantized_weights;  // [rows, kBlock]
  AlignedVector<float> weight_scales;        // [rows]
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
        soft_cap_(shape_.soft_cap * kLog2OfE),
        buffers_(buffers) {}

  void run() {
    begin_rows();
    const size_t end = seen_to(tile_.num_tokens - 1);
    size_t begin = end;
    for (size_t token = 0; token < tile_.num_tokens; ++token) {
      begin = std::min(begin, seen_from(token));
    }
    for (size_t block = begin / kBlock; block * kBlock < end; ++block) {
      if ((block + 1) * kBlock < end) {
        tile_.sequence.cache->prefetch(tile_.layer, tile_.kv_head, block + 1);
      }
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
    const float scale = shape_.scale * kLog2OfE;
    float* copy = make_room(buffers_.queries, num_rows_ * shape_.head_dim);
    for (size_t token = 0; token < tile_.num_tokens; ++token) {
      const float* from = tile_.queries + token * tile_.query_stride + tile_.kv_head * size;
      for (size_t i = 0; i < size; ++i) copy[token * size + i] = from[i] * scale;
    }
    const DType type = tile_.sequence.cache->type();
    if (type == DType::kBF16) {
      uint16_t* bfloats = make_room(buffers_.query_bfloats, num_rows_ * shape_.head_dim);
      kernels_.round_to_bf16(copy, num_rows_ * shape_.head_dim, bfloats);
    } else if (type == DType::kQ8_0) {
      quantize_queries(copy);
    }
    make_room(buffers_.keys, shape_.head_dim * kBlock);
    make_room(buffers_.values, kBlock * width_);
    make_room(buffers_.weights, num_rows_ * kBlock);
    std::fill_n(make_room(buffers_.mixed, num_rows_ * width_), num_rows_ * width_, 0.0F);
    std::fill_n(make_room(buffers_.largest, num_rows_), num_rows_, kNoScore);
    make_room(buffers_.factors, num_rows_);
    buffers_.seen.resize(num_rows_);
    std::fill_n(make_room(buffers_.sums, num_rows_ * 16), num_rows_ * 16, 0.0F);
  }

  void quantize_queries(const float* queries) {
    const size_t head_dim = shape_.head_dim;
    buffers_.quantized_queries.resize(num_rows_, head_dim, 1);
    for (size_t row = 0; row < num_rows_; ++row) {
      buffers_.quantized_queries.quantize(kernels_, row, queries, 1);
    }
    make_room(buffers_.key_scales, head_dim / kGroupInputs * kBlock);
    make_room(buffers_.value_scales, kBlock);
    make_room(buffers_.quantized_weights, num_rows_ * kBlock);
    make_room(buffers_.weight_scales, num_rows_);
  }

  // Of which `count` positions are there.
  void add_block(size_t block, size_t count) {
    const KvCache& cache = *tile_.sequence.cache;
    if (cache.type() == DType::kBF16) return add_pairs(cache, block);
    if (cache.type() == DType::kQ8_0) return add_quads(cache, block);
    cache.read_block(kernels_, tile_.layer, tile_.kv_head, block, count, buffers_.keys.data(),
                     buffers_.values.data(), width_);
    kernels_.gemm_columns({.a = buffers_.queries.data(),
                           .a_stride = shape_.head_dim,
                           .b = buffers_.keys.data(),
                           .c = buffers_.weights.data(),
                           .num_rows = num_rows_,
                           .num_columns = kBlock,
                           .depth = shape_.head_dim});
    weigh(block * kBlock);
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
    weigh(block * kBlock);
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

  // In 8 bits, with weights that are rounded to 8 bits too.
  void add_quads(const KvCache& cache, size_t block) {
    const auto keys = KvKind::kKey;
    cache.read_scales(kernels_, tile_.layer, keys, tile_.kv_head, block,
                      buffers_.key_scales.data());
    cache.read_scales(kernels_, tile_.layer, KvKind::kValue, tile_.kv_head, block,
                      buffers_.value_scales.data());
    const std::byte* key_codes = cache.quads(tile_.layer, keys, tile_.kv_head, block);
    kernels_.score_keys({.queries = buffers_.quantized_queries.tile(0),
                         .quads = reinterpret_cast<const uint8_t*>(key_codes),
                         .scales = buffers_.key_scales.data(),
                         .scores = buffers_.weights.data(),
                         .num_rows = num_rows_,
                         .head_dim = shape_.head_dim});
    kernels_.softmax_step_u8(softmax_step(block * kBlock),
                             {.value_scales = buffers_.value_scales.data(),
                              .q = buffers_.quantized_weights.data(),
                              .scales = buffers_.weight_scales.data()});
    const std::byte* values = cache.quads(tile_.layer, KvKind::kValue, tile_.kv_head, block);
    kernels_.mix_values({.weights = buffers_.quantized_weights.data(),
                         .scales = buffers_.weight_scales.data(),
                         .factors = buffers_.factors.data(),
                         .quads = reinterpret_cast<const int8_t*>(values),
                         .mixed = buffers_.mixed.data(),
                         .num_rows = num_rows_,
                         .head_dim = shape_.head_dim});
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

  // For the scores of the block at position `first`.
  SoftmaxStep softmax_step(size_t first) {
    const bool is_tree = !tile_.sequence.parents.empty();
    for (size_t token = 0; token < tile_.num_tokens; ++token) {
      const size_t begin = std::max(seen_from(token), first) - first;
      const size_t end = std::clamp(seen_to(token), first, first + kBlock) - first;
      std::fill_n(buffers_.seen.data() + token * group_, group_,
                  BlockRange{static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
    }
    for (size_t row = 0; is_tree && row < num_rows_; ++row) {
      float* scores = buffers_.weights.data() + row * kBlock;
      if (soft_cap_ > 0) kernels_.soft_cap(scores, kBlock, soft_cap_);
      hide_branches(row / group_, first, scores);
    }
    return {.scores = buffers_.weights.data(),
            .counted = buffers_.seen.data(),
            .soft_cap = is_tree ? 0 : soft_cap_,
            .largest = buffers_.largest.data(),
            .sums = buffers_.sums.data(),
            .factors = buffers_.factors.data(),
            .num_rows = num_rows_};
  }

  // The scores of the block at position `first` become weights.
  void weigh(size_t first) {
    kernels_.softmax_step(softmax_step(first));
    for (size_t row = 0; row < num_rows_; ++row) {
      const float factor = buffers_.factors[row];
      if (factor == 1.0F) continue;
      float* mixed = buffers_.mixed.data() + row * width_;
      for (size_t i = 0; i < width_; ++i) mixed[i] *= factor;
    }
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
  float soft_cap_;   // of scores to base 2
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
