// The memory of activations in 8 bits, reused between products.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "kernels/aligned_vector.h"
#include "kernels/kernel_table.h"

namespace ganglion {

// Rows in tiles: of the n rows of a tile (tile_rows, or the rest) the quads of bytes lie as
// [K / 4, n, 4], and the entries of the other arrays as [entries, n]; tiles follow each other.
// Tiles of one row are rows without gaps.
class QuantizedRows {
 public:
  // Makes room for [num_rows, depth]; what was there is lost.
  void resize(size_t num_rows, size_t depth, size_t tile_rows) {
    num_rows_ = num_rows;
    depth_ = depth;
    tile_rows_ = tile_rows;
    const auto grow = [](auto& buffer, size_t size) {
      if (buffer.size() < size) buffer.resize(size);
    };
    grow(q_, num_rows * depth);
    grow(scales_, num_rows * depth / 32);
    grow(minus_sums16_, num_rows * depth / 16);
    grow(minus_sums32_, num_rows * depth / 32);
    grow(scaled_minus_sums16_, num_rows * depth / 16);
    grow(scaled_minus_sums32_, num_rows * depth / 32);
  }

  size_t num_tiles() const { return (num_rows_ + tile_rows_ - 1) / tile_rows_; }

  // As KernelTable::quantize_activations, of the rows of a tile; `x` is the first row of all. Tiles
  // may be quantised at the same time.
  void quantize(const KernelTable& kernels, size_t index, const float* x, size_t scaled_groups) {
    const size_t first = index * tile_rows_;
    const size_t count = std::min(tile_rows_, num_rows_ - first);
    x += first * depth_;
    if (count == 1) return kernels.quantize_activations(x, depth_, scaled_groups, tile(first));
    thread_local QuantizedRows apart;
    apart.resize(count, depth_, 1);
    for (size_t i = 0; i < count; ++i) {
      kernels.quantize_activations(x + i * depth_, depth_, scaled_groups, apart.tile(i));
    }
    const QuantizedRow from = apart.tile(0);
    const QuantizedRow to = tile(first);
    interleave<4>(from.q, count, depth_ / 4, to.q);
    interleave<1>(from.scales, count, depth_ / 32, to.scales);
    interleave<1>(from.minus_sums16, count, depth_ / 16, to.minus_sums16);
    interleave<1>(from.minus_sums32, count, depth_ / 32, to.minus_sums32);
    interleave<1>(from.scaled_minus_sums16, count, depth_ / 16, to.scaled_minus_sums16);
    interleave<1>(from.scaled_minus_sums32, count, depth_ / 32, to.scaled_minus_sums32);
  }

  // From the tile on that begins with the row `first`.
  QuantizedRow tile(size_t first) {
    return {q_.data() + first * depth_,
            scales_.data() + first * depth_ / 32,
            minus_sums16_.data() + first * depth_ / 16,
            minus_sums32_.data() + first * depth_ / 32,
            scaled_minus_sums16_.data() + first * depth_ / 16,
            scaled_minus_sums32_.data() + first * depth_ / 32};
  }

 private:
  // [num_rows, num_entries, kSize] to [num_entries, num_rows, kSize].
  template <size_t kSize, typename T>
  static void interleave(const T* from, size_t num_rows, size_t num_entries, T* to) {
    for (size_t entry = 0; entry < num_entries; ++entry) {
      for (size_t row = 0; row < num_rows; ++row) {
        std::memcpy(to + (entry * num_rows + row) * kSize,
                    from + (row * num_entries + entry) * kSize, kSize * sizeof(T));
      }
    }
  }

  size_t num_rows_ = 0;
  size_t depth_ = 0;
  size_t tile_rows_ = 1;
  AlignedVector<int8_t> q_;
  AlignedVector<float> scales_;
  AlignedVector<int32_t> minus_sums16_;
  AlignedVector<int32_t> minus_sums32_;
  AlignedVector<float> scaled_minus_sums16_;
  AlignedVector<float> scaled_minus_sums32_;
};

}  // namespace ganglion
