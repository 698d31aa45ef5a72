#include "kernels/packed_matrix.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace ganglion {
namespace {

size_t round_up(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

void PackedF32::pack(const float* weights, size_t columns, size_t depth_size, size_t column_stride,
                     size_t depth_stride) {
  num_columns = columns;
  depth = depth_size;
  panels.resize(round_up(columns, kPanelColumns) * depth);
  float* out = panels.data();
  for (size_t first = 0; first < columns; first += kPanelColumns) {
    const size_t width = std::min(kPanelColumns, columns - first);
    const float* in = weights + first * column_stride;
    for (size_t k = 0; k < depth; ++k, out += kPanelColumns) {
      for (size_t n = 0; n < width; ++n) out[n] = in[n * column_stride + k * depth_stride];
      std::fill(out + width, out + kPanelColumns, 0.0F);
    }
  }
}

void PackedS8::quantize(const PackedF32& weights, size_t inputs_of_group,
                        std::vector<size_t> outliers_of_inputs) {
  GANGLION_ASSERT(inputs_of_group % kDepthStep == 0 && inputs_of_group > 0 &&
                  inputs_of_group <= kMaxGroupDepth);
  group_depth = inputs_of_group;
  outlier_inputs = std::move(outliers_of_inputs);
  num_columns = weights.num_columns;
  depth = weights.depth;
  const size_t num_panels = round_up(num_columns, kPanelColumns) / kPanelColumns;
  const size_t num_groups = round_up(depth, group_depth) / group_depth;
  panels.assign(num_panels * round_up(depth, kDepthStep) * kPanelColumns, 0);
  scales.assign(num_panels * num_groups * kPanelColumns, 0.0F);
  column_sums.assign(scales.size(), 0);
  outliers.assign(num_panels * outlier_inputs.size() * kPanelColumns, 0.0F);
  std::vector<float> column(depth);
  for (size_t n = 0; n < num_columns; ++n) {
    for (size_t k = 0; k < depth; ++k) column[k] = weights.at(n, k);
    for (size_t i = 0; i < outlier_inputs.size(); ++i) {
      float& weight = column[outlier_inputs[i]];
      outliers[(n / kPanelColumns * outlier_inputs.size() + i) * kPanelColumns +
               n % kPanelColumns] = weight;
      weight = 0.0F;
    }
    for (size_t group = 0; group < num_groups; ++group) quantize_group(column, n, group);
  }
}

void PackedS8::quantize_group(const std::vector<float>& column, size_t n, size_t group) {
  const size_t first = group * group_depth;
  const size_t last = std::min(first + group_depth, depth);
  float largest = 0.0F;
  for (size_t k = first; k < last; ++k) largest = std::max(largest, std::fabs(column[k]));
  const float inverse = largest > 0.0F ? 127.0F / largest : 0.0F;
  const size_t num_groups = round_up(depth, group_depth) / group_depth;
  const size_t num_steps = round_up(depth, kDepthStep) / kDepthStep;
  const size_t panel = n / kPanelColumns;
  const size_t lane = n % kPanelColumns;
  int32_t sum = 0;
  for (size_t k = first; k < last; ++k) {
    const long rounded = std::lrintf(column[k] * inverse);
    const auto value = static_cast<int8_t>(std::clamp(rounded, -127L, 127L));
    const size_t step = panel * num_steps + k / kDepthStep;
    panels[(step * kPanelColumns + lane) * kDepthStep + k % kDepthStep] = value;
    sum += value;
  }
  const size_t at = (panel * num_groups + group) * kPanelColumns + lane;
  scales[at] = largest / 127.0F;
  column_sums[at] = sum;
}

float PackedS8::sum_of(size_t column) const {
  const size_t num_groups = round_up(depth, group_depth) / group_depth;
  double sum = 0.0;
  for (size_t group = 0; group < num_groups; ++group) {
    const size_t at =
        (column / kPanelColumns * num_groups + group) * kPanelColumns + column % kPanelColumns;
    sum += static_cast<double>(scales[at]) * column_sums[at];
  }
  return static_cast<float>(sum);
}

GemmF32 gemm_of(const PackedF32& packed) {
  GemmF32 gemm;
  gemm.panels = packed.panels.data();
  gemm.num_columns = packed.num_columns;
  gemm.depth = packed.depth;
  return gemm;
}

GemmS8 gemm_of(const PackedS8& packed) {
  GemmS8 gemm;
  gemm.panels = packed.panels.data();
  gemm.w_scales = packed.scales.data();
  gemm.column_sums = packed.column_sums.data();
  gemm.w_outliers = packed.outliers.data();
  gemm.num_outliers = packed.outlier_inputs.size();
  gemm.num_columns = packed.num_columns;
  gemm.depth = packed.depth;
  gemm.group_depth = packed.group_depth;
  return gemm;
}

}  // namespace ganglion
