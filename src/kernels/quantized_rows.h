// The memory of activations in 8 bits or bfloat16, reused between products.
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

  // As KernelTable::quantize_activations, of the row at `index`. Different rows may be quantised at
  // the same time.
  void quantize(const KernelTable& kernels, size_t index, const float* x, size_t scaled_groups) {
    const size_t first = index / tile_rows_ * tile_rows_;
    const size_t count = std::min(tile_rows_, num_rows_ - first);
    if (count == 1) {
      return kernels.quantize_activations(x, depth_, scaled_groups, tile(index));
    }
    thread_local QuantizedRows alone;
    alone.resize(1, depth_, 1);
    const QuantizedRow row = alone.tile(0);
    kernels.quantize_activations(x, depth_, scaled_groups, row);
    const QuantizedRow out = tile(first);
    const auto spread = [&](const auto* from, size_t num_entries, auto* to) {
      for (size_t i = 0; i < num_entries; ++i) to[i * count + index - first] = from[i];
    };
    for (size_t i = 0; i < depth_; i += 4) {
      std::memcpy(out.q + i * count + (index - first) * 4, row.q + i, 4);
    }
    spread(row.scales, depth_ / 32, out.scales);
    spread(row.minus_sums16, depth_ / 16, out.minus_sums16);
    spread(row.minus_sums32, depth_ / 32, out.minus_sums32);
    spread(row.scaled_minus_sums16, depth_ / 16, out.scaled_minus_sums16);
    spread(row.scaled_minus_sums32, depth_ / 32, out.scaled_minus_sums32);
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
