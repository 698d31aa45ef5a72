// Rows of activations as they meet panels of weights: in 8 bits, at one of two precisions, or in
// bfloat16. Letters: M rows, K inputs.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/quantized_rows.h"
#include "kernels/weight_panels.h"
#include "nn/compute.h"

namespace ganglion {

// Reused between products; one a thread.
class ActivationRows {
 public:
  // Of new activations: nothing is converted yet.
  void begin(const float* x, size_t num_rows, size_t depth) {
    x_ = x;
    num_rows_ = num_rows;
    depth_ = depth;
    is_there_ = {};
  }

  // Converts x [M, K] to what weights of `dtype` need, unless it is there.
  void convert(const Compute& compute, DType dtype) {
    const Kind kind = kind_of(dtype);
    if (is_there_[kind]) return;
    is_there_[kind] = true;
    if (kind == kBfloat) {
      make_room(bfloats_, num_rows_ * depth_);
      for_each_row(compute, num_rows_, [&](size_t row) {
        compute.kernels.round_to_bf16(x_ + row * depth_, depth_, bfloats_.data() + row * depth_);
      });
      return;
    }
    QuantizedRows& rows = quantized_[kind];
    rows.resize(num_rows_, depth_, compute.kernels.tile_rows);
    compute.pool.parallel_for(rows.num_tiles(), 1, [&](size_t begin, size_t end) {
      for (size_t tile = begin; tile < end; ++tile) {
        rows.quantize(compute.kernels, tile, x_, kind + 1);
      }
    });
  }

  // The product with weights of `dtype`, with everything that the activations say.
  PanelProduct product(DType dtype) {
    const Kind kind = kind_of(dtype);
    PanelProduct product;
    product.dtype = dtype;
    if (kind == kBfloat) {
      product.a_bf16 = bfloats_.data();
    } else {
      product.a = quantized_[kind].tile(0);
    }
    product.num_rows = num_rows_;
    product.depth = depth_;
    return product;
  }

 private:
  enum Kind : size_t { kOneGroup, kTwoGroups, kBfloat };

  static Kind kind_of(DType dtype) {
    if (dtype == DType::kF16 || dtype == DType::kBF16) return kBfloat;
    return panel_layout(dtype).scaled_groups() == 1 ? kOneGroup : kTwoGroups;
  }

  const float* x_ = nullptr;
  size_t num_rows_ = 0;
  size_t depth_ = 0;
  std::array<bool, 3> is_there_ = {};
  std::array<QuantizedRows, 2> quantized_;
  AlignedVector<uint16_t> bfloats_;
};

}  // namespace ganglion
