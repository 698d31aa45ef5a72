// Weight matrices in the layout the GEMM kernels read: panels of 16 columns (outputs).
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/aligned_vector.h"
#include "kernels/kernel_table.h"

namespace ganglion {

// [N / 16 rounded up][K][16]; columns beyond N are 0.
struct PackedF32 {
  AlignedVector<float> panels;
  size_t num_columns = 0;  // N
  size_t depth = 0;        // K

  // Copies `weights`: element (n, k) is weights[n * column_stride + k * depth_stride]. Reuses the
  // memory of an earlier pack.
  void pack(const float* weights, size_t columns, size_t depth_size, size_t column_stride,
            size_t depth_stride);

  float at(size_t column, size_t input) const {
    return panels[(column / kPanelColumns * depth + input) * kPanelColumns +
                  column % kPanelColumns];
  }
};

// 8-bit weights: symmetric, a scale a column and group of inputs, 0 beyond N and K.
// Outlier inputs, whose activations are far larger than the others', are kept in float: at 8 bits
// they would either lose everything else or their own precision (T. Dettmers et al. 2022,
// "LLM.int8()").
struct PackedS8 {
  AlignedVector<int8_t> panels;        // [N / 16 rounded up][K / 4 rounded up][16][4]
  AlignedVector<float> scales;         // [N / 16 rounded up][G][16]
  AlignedVector<int32_t> column_sums;  // [N / 16 rounded up][G][16], of the int8 values
  AlignedVector<float> outliers;       // [N / 16 rounded up][outlier_inputs][16]
  std::vector<size_t> outlier_inputs;
  size_t num_columns = 0;
  size_t depth = 0;
  size_t group_depth = 0;  // inputs that share a scale

  // Rounds `weights` to the nearest of -127..127 times max |w| / 127 of the column's group of
  // `inputs_of_group` inputs (as GemmS8::group_depth).
  void quantize(const PackedF32& weights, size_t inputs_of_group,
                std::vector<size_t> outliers_of_inputs);

  // Of `column`, the sum of its weights as they are stored, without the outliers.
  float sum_of(size_t column) const;

 private:
  void quantize_group(const std::vector<float>& column, size_t n, size_t group);
};

// The GEMM of `packed` with everything but a, c and the number of rows filled in.
GemmF32 gemm_of(const PackedF32& packed);
GemmS8 gemm_of(const PackedS8& packed);

}  // namespace ganglion
