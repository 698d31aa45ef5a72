// y = x W^T + b. Letters: M rows (tokens), K inputs, N outputs.
#pragma once

#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "kernels/packed_matrix.h"

namespace ganglion {

enum class Precision {
  kF32,  // float weights and activations
  kS8,   // 8-bit weights and activations, as GemmS8 in kernels/kernel_table.h
};

// "f32", "int8".
std::string_view precision_name(Precision precision);

// Rows of 8-bit activations, as in GemmS8.
struct LinearRows {
  AlignedVector<uint8_t> activations;
  AlignedVector<float> scales;
  AlignedVector<float> outliers;
};

// Reused between calls. One a thread.
struct LinearScratch {
  LinearRows rows;
  LinearRows inner;              // of the second matrix
  AlignedVector<float> between;  // what the first one gives, or a part of it
  AlignedVector<float> row;      // one row without its outliers
};

// Thread-safe, but for quantize().
class Linear {
 public:
  // Packs row-major `weights` [N, K]; `bias` [N] or empty. Sizes must agree (asserted).
  Linear(std::span<const float> weights, std::span<const float> bias, size_t num_outputs,
         size_t num_inputs);

  // Turns the float weights into 8-bit ones, `group_depth` inputs a scale (as in GemmS8); the
  // inputs listed in `outlier_inputs` (each below K) stay in float. Requires float weights
  // (asserted). `floor`: how far below 0 inputs can be; 0 for those that are as far below as above.
  void quantize(size_t group_depth, std::vector<size_t> outlier_inputs, float floor);

  size_t num_inputs() const;
  size_t num_outputs() const;

  // x [M, K] to y [M, N], both row-major without gaps. A row's result does not depend on the
  // others.
  void forward(const KernelTable& kernels, const float* x, size_t num_rows, float* y,
               LinearScratch& scratch) const;

  // The same through a second matrix: x [M, K] to y [M, outputs of `second`]. activate(values,
  // size) changes the values between the two, a part of a row at a time; they are never all in
  // memory in 8 bits. `second` is as precise as this and has no outliers (asserted).
  void forward_twice(const KernelTable& kernels, const Linear& second,
                     void (*activate)(float* values, size_t size), const float* x, size_t num_rows,
                     float* y, LinearScratch& scratch) const;

 private:
  // The product that gives the outputs from `first` on; `c` is theirs.
  GemmF32 product_f32(size_t first, size_t count, float* c, size_t c_stride) const;
  GemmS8 product_s8(const LinearRows& rows, size_t num_rows, size_t first, size_t count, float* c,
                    size_t c_stride) const;
  // The inputs from `first` on, a multiple of the group depth, to 8 bits. `x`: those of the first
  // row.
  void quantize_rows(const KernelTable& kernels, const float* x, size_t stride, size_t num_rows,
                     size_t first, size_t count, LinearRows& rows,
                     AlignedVector<float>& row_buffer) const;

  std::variant<PackedF32, PackedS8> weights_;
  AlignedVector<float> bias_;
  float floor_ = 0;
};

}  // namespace ganglion
