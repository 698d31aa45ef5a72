// The memory of activations in 8 bits or bfloat16, reused between products.
#pragma once

#include <cstddef>

#include "kernels/aligned_vector.h"
#include "kernels/kernel_table.h"

namespace ganglion {

struct QuantizedRows {
  AlignedVector<int8_t> q;
  AlignedVector<float> scales;
  AlignedVector<int32_t> minus_sums16;
  AlignedVector<int32_t> minus_sums32;
  AlignedVector<float> scaled_minus_sums16;
  AlignedVector<float> scaled_minus_sums32;

  // Makes room for [num_rows, depth]; what was there is lost.
  void resize(size_t num_rows, size_t depth) {
    const auto grow = [](auto& buffer, size_t size) {
      if (buffer.size() < size) buffer.resize(size);
    };
    grow(q, num_rows * depth);
    grow(scales, num_rows * depth / 32);
    grow(minus_sums16, num_rows * depth / 16);
    grow(minus_sums32, num_rows * depth / 32);
    grow(scaled_minus_sums16, num_rows * depth / 16);
    grow(scaled_minus_sums32, num_rows * depth / 32);
  }

  // The row at `index` and those behind it.
  QuantizedRow row(size_t index, size_t depth) {
    return {q.data() + index * depth,
            scales.data() + index * depth / 32,
            minus_sums16.data() + index * depth / 16,
            minus_sums32.data() + index * depth / 32,
            scaled_minus_sums16.data() + index * depth / 16,
            scaled_minus_sums32.data() + index * depth / 32};
  }
};

}  // namespace ganglion
