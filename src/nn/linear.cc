#include "nn/linear.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ganglion {
namespace {

void forward_f32(const KernelTable& kernels, const PackedF32& weights, const float* bias,
                 const float* x, size_t num_rows, float* y) {
  GemmF32 gemm = gemm_of(weights);
  gemm.a = x;
  gemm.a_stride = weights.depth;
  gemm.bias = bias;
  gemm.c = y;
  gemm.c_stride = weights.num_columns;
  gemm.num_rows = num_rows;
  kernels.gemm_f32(gemm);
}

void make_room(LinearScratch& scratch, const GemmS8& gemm, size_t num_rows) {
  const auto grow = [](auto& buffer, size_t size) {
    if (buffer.size() < size) buffer.resize(size);
  };
  grow(scratch.activations, num_rows * gemm.a_stride);
  grow(scratch.scales, num_rows * gemm.num_groups());
  grow(scratch.zero_points, num_rows * gemm.num_groups());
  grow(scratch.outliers, num_rows * gemm.num_outliers);
  grow(scratch.row, gemm.depth);
}

void forward_s8(const KernelTable& kernels, const PackedS8& weights, const float* bias,
                const float* x, size_t num_rows, float* y, LinearScratch& scratch) {
  GemmS8 gemm = gemm_of(weights);
  gemm.a_stride = gemm.num_steps() * kDepthStep;
  make_room(scratch, gemm, num_rows);
  const size_t num_outliers = gemm.num_outliers;
  for (size_t m = 0; m < num_rows; ++m) {
    const float* row = x + m * gemm.depth;
    if (num_outliers > 0) {
      std::copy(row, row + gemm.depth, scratch.row.data());
      for (size_t i = 0; i < num_outliers; ++i) {
        float& outlier = scratch.row[weights.outlier_inputs[i]];
        scratch.outliers[m * num_outliers + i] = outlier;
        outlier = 0.0F;
      }
      row = scratch.row.data();
    }
    kernels.quantize_row(row, gemm.depth, gemm.group_depth,
                         scratch.activations.data() + m * gemm.a_stride,
                         scratch.scales.data() + m * gemm.num_groups(),
                         scratch.zero_points.data() + m * gemm.num_groups());
  }
  gemm.a = scratch.activations.data();
  gemm.a_scales = scratch.scales.data();
  gemm.a_zero_points = scratch.zero_points.data();
  gemm.a_outliers = scratch.outliers.data();
  gemm.bias = bias;
  gemm.c = y;
  gemm.c_stride = weights.num_columns;
  gemm.num_rows = num_rows;
  kernels.gemm_s8(gemm);
}

}  // namespace

std::string_view precision_name(Precision precision) {
  return precision == Precision::kF32 ? "f32" : "int8";
}

Linear::Linear(std::span<const float> weights, std::span<const float> bias, size_t num_outputs,
               size_t num_inputs)
    : bias_(bias.begin(), bias.end()) {
  GANGLION_ASSERT(weights.size() == num_outputs * num_inputs);
  GANGLION_ASSERT(bias.empty() || bias.size() == num_outputs);
  std::get<PackedF32>(weights_).pack(weights.data(), num_outputs, num_inputs, num_inputs, 1);
}

void Linear::quantize(size_t group_depth, std::vector<size_t> outlier_inputs) {
  GANGLION_ASSERT(std::holds_alternative<PackedF32>(weights_));
  PackedS8 quantized;
  quantized.quantize(std::get<PackedF32>(weights_), group_depth, std::move(outlier_inputs));
  weights_ = std::move(quantized);
}

size_t Linear::num_inputs() const {
  return std::visit([](const auto& weights) { return weights.depth; }, weights_);
}

size_t Linear::num_outputs() const {
  return std::visit([](const auto& weights) { return weights.num_columns; }, weights_);
}

void Linear::forward(const KernelTable& kernels, const float* x, size_t num_rows, float* y,
                     LinearScratch& scratch) const {
  const float* bias = bias_.empty() ? nullptr : bias_.data();
  if (const auto* weights = std::get_if<PackedF32>(&weights_)) {
    forward_f32(kernels, *weights, bias, x, num_rows, y);
  } else {
    forward_s8(kernels, std::get<PackedS8>(weights_), bias, x, num_rows, y, scratch);
  }
}

}  // namespace ganglion
