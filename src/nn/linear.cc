#include "nn/linear.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "nn/compute.h"

namespace ganglion {
namespace {

// Values between two matrices that are worked on at a time: they stay in the L2 cache. A multiple
// of every group depth in use.
constexpr size_t kBlockValues = 192;

// Of 8-bit activations whose sign is open.
constexpr int32_t kMiddle = 128;

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

void Linear::quantize(size_t group_depth, std::vector<size_t> outlier_inputs, float floor) {
  GANGLION_ASSERT(std::holds_alternative<PackedF32>(weights_));
  PackedS8 quantized;
  quantized.quantize(std::get<PackedF32>(weights_), group_depth, std::move(outlier_inputs));
  floor_ = floor;
  if (floor > 0) {
    // Activations are stored as x + floor.
    bias_.resize(quantized.num_columns, 0.0F);
    for (size_t n = 0; n < bias_.size(); ++n) bias_[n] -= floor * quantized.sum_of(n);
  }
  weights_ = std::move(quantized);
}

size_t Linear::num_inputs() const {
  return std::visit([](const auto& weights) { return weights.depth; }, weights_);
}

size_t Linear::num_outputs() const {
  return std::visit([](const auto& weights) { return weights.num_columns; }, weights_);
}

GemmF32 Linear::product_f32(size_t first, size_t count, float* c, size_t c_stride) const {
  GemmF32 gemm = gemm_of(std::get<PackedF32>(weights_));
  gemm.a_stride = gemm.depth;
  gemm.panels += first * gemm.depth;
  gemm.bias = bias_.empty() ? nullptr : bias_.data() + first;
  gemm.c = c;
  gemm.c_stride = c_stride;
  gemm.num_columns = count;
  return gemm;
}

GemmS8 Linear::product_s8(const LinearRows& rows, size_t num_rows, size_t first, size_t count,
                          float* c, size_t c_stride) const {
  GemmS8 gemm = gemm_of(std::get<PackedS8>(weights_));
  gemm.a = rows.activations.data();
  gemm.a_stride = gemm.num_steps() * kDepthStep;
  gemm.a_scales = rows.scales.data();
  gemm.a_zero_point = floor_ > 0 ? 0 : kMiddle;
  gemm.a_outliers = rows.outliers.data();
  gemm.panels += first * gemm.num_steps() * kDepthStep;
  gemm.w_scales += first * gemm.num_groups();
  gemm.column_sums += first * gemm.num_groups();
  gemm.w_outliers += first * gemm.num_outliers;
  gemm.bias = bias_.empty() ? nullptr : bias_.data() + first;
  gemm.c = c;
  gemm.c_stride = c_stride;
  gemm.num_rows = num_rows;
  gemm.num_columns = count;
  return gemm;
}

void Linear::quantize_rows(const KernelTable& kernels, const float* x, size_t stride,
                           size_t num_rows, size_t first, size_t count, LinearRows& rows,
                           AlignedVector<float>& row_buffer) const {
  const auto& weights = std::get<PackedS8>(weights_);
  const GemmS8 gemm = gemm_of(weights);
  const size_t num_outliers = gemm.num_outliers;
  const size_t a_stride = gemm.num_steps() * kDepthStep;
  uint8_t* q = make_room(rows.activations, num_rows * a_stride);
  float* scales = make_room(rows.scales, num_rows * gemm.num_groups());
  float* outliers = make_room(rows.outliers, num_rows * num_outliers);
  float* without_outliers = make_room(row_buffer, gemm.depth);
  for (size_t m = 0; m < num_rows; ++m) {
    QuantizeRow row;
    row.x = x + m * stride;
    if (num_outliers > 0) {
      std::copy_n(row.x, count, without_outliers);
      for (size_t i = 0; i < num_outliers; ++i) {
        float& outlier = without_outliers[weights.outlier_inputs[i]];
        outliers[i * num_rows + m] = outlier;
        outlier = 0.0F;
      }
      row.x = without_outliers;
    }
    row.size = count;
    row.group_depth = gemm.group_depth;
    row.floor = floor_;
    row.q = q + m * a_stride + first;
    row.scales = scales + first / gemm.group_depth * num_rows + m;
    row.scale_stride = num_rows;
    kernels.quantize_row(row);
  }
}

void Linear::forward(const KernelTable& kernels, const float* x, size_t num_rows, float* y,
                     LinearScratch& scratch) const {
  const size_t num_columns = num_outputs();
  if (std::holds_alternative<PackedF32>(weights_)) {
    GemmF32 gemm = product_f32(0, num_columns, y, num_columns);
    gemm.a = x;
    gemm.num_rows = num_rows;
    return kernels.gemm_f32(gemm);
  }
  quantize_rows(kernels, x, num_inputs(), num_rows, 0, num_inputs(), scratch.rows, scratch.row);
  kernels.gemm_s8(product_s8(scratch.rows, num_rows, 0, num_columns, y, num_columns));
}

void Linear::forward_twice(const KernelTable& kernels, const Linear& second,
                           void (*activate)(float* values, size_t size), const float* x,
                           size_t num_rows, float* y, LinearScratch& scratch) const {
  const bool is_float = std::holds_alternative<PackedF32>(weights_);
  GANGLION_ASSERT(is_float == std::holds_alternative<PackedF32>(second.weights_));
  const size_t size = num_outputs();
  const size_t stride = is_float ? size : std::min(size, kBlockValues);
  float* between = make_room(scratch.between, num_rows * stride);
  if (!is_float) {
    const auto& weights = std::get<PackedS8>(second.weights_);
    GANGLION_ASSERT(weights.outlier_inputs.empty() && kBlockValues % weights.group_depth == 0);
    quantize_rows(kernels, x, num_inputs(), num_rows, 0, num_inputs(), scratch.rows, scratch.row);
  }
  for (size_t first = 0; first < size; first += kBlockValues) {
    const size_t count = std::min(kBlockValues, size - first);
    float* block = is_float ? between + first : between;
    if (is_float) {
      GemmF32 gemm = product_f32(first, count, block, stride);
      gemm.a = x;
      gemm.num_rows = num_rows;
      kernels.gemm_f32(gemm);
    } else {
      kernels.gemm_s8(product_s8(scratch.rows, num_rows, first, count, block, stride));
    }
    for (size_t m = 0; m < num_rows; ++m) activate(block + m * stride, count);
    if (!is_float) {
      second.quantize_rows(kernels, block, stride, num_rows, first, count, scratch.inner,
                           scratch.row);
    }
  }
  if (!is_float) {
    return kernels.gemm_s8(second.product_s8(scratch.inner, num_rows, 0, second.num_outputs(), y,
                                             second.num_outputs()));
  }
  GemmF32 gemm = second.product_f32(0, second.num_outputs(), y, second.num_outputs());
  gemm.a = between;
  gemm.num_rows = num_rows;
  kernels.gemm_f32(gemm);
}

}  // namespace ganglion
