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

// Quantised activations, reused between calls. One a thread.
struct LinearScratch {
  AlignedVector<uint8_t> activations;
  AlignedVector<float> scales;
  AlignedVector<int32_t> zero_points;
  AlignedVector<float> outliers;
  AlignedVector<float> row;  // one row without its outliers
};

// Thread-safe, but for quantize().
class Linear {
 public:
  // Packs row-major `weights` [N, K]; `bias` [N] or empty. Sizes must agree (asserted).
  Linear(std::span<const float> weights, std::span<const float> bias, size_t num_outputs,
         size_t num_inputs);

  // Turns the float weights into 8-bit ones, `group_depth` inputs a scale (as in GemmS8); the
  // inputs listed in `outlier_inputs` (each below K) stay in float. Requires float weights
  // (asserted).
  void quantize(size_t group_depth, std::vector<size_t> outlier_inputs);

  size_t num_inputs() const;
  size_t num_outputs() const;

  // x [M, K] to y [M, N], both row-major without gaps. A row's result does not depend on the
  // others.
  void forward(const KernelTable& kernels, const float* x, size_t num_rows, float* y,
               LinearScratch& scratch) const;

 private:
  std::variant<PackedF32, PackedS8> weights_;
  AlignedVector<float> bias_;
};

}  // namespace ganglion
