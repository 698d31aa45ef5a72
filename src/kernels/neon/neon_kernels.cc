// NEON (baseline aarch64). Float tiles of 4 rows by 16 columns; the 8-bit product makes signed
// bytes of the activations, multiplies to 16 bits (128 * 127 fits) and adds pairs to 32.
#include "kernels/attention_inl.h"
#include "kernels/decoder_inl.h"
#include "kernels/expand_inl.h"
#include "kernels/kernel_table.h"
#include "kernels/neon/lanes.h"
#include "kernels/neon/panel_product.h"
#include "kernels/rowwise_inl.h"

namespace ganglion {
namespace {

using neon::Lanes;
using Row = Rowwise<Lanes>;
using Decoder = DecoderKernels<Lanes, 2, 2, 2, 2>;
using Attention = AttentionKernels<Lanes, 2, 1, 3, 1>;

constexpr size_t kTileRows = 4;

void store_columns(Lanes value, float* c, size_t num_columns) {
  Row::store_within(value, c, 0, num_columns < kPanelColumns ? num_columns : kPanelColumns);
}

Lanes load_bias(const float* bias, size_t first, size_t num_columns) {
  if (bias == nullptr) return Lanes::broadcast(0.0F);
  return Row::load_or_fill(bias, first, num_columns, 0.0F);
}

template <size_t kRows>
void tile_f32(const GemmF32& gemm, size_t row, size_t column) {
  const float* w = gemm.panels + column * gemm.depth;
  const float* a = gemm.a + row * gemm.a_stride;
  Lanes sums[kRows];
  for (Lanes& sum : sums) sum = Lanes::broadcast(0.0F);
  for (size_t k = 0; k < gemm.depth; ++k) {
    const Lanes weights = Lanes::load(w + k * kPanelColumns);
    for (size_t m = 0; m < kRows; ++m) {
      sums[m] = fma(Lanes::broadcast(a[m * gemm.a_stride + k]), weights, sums[m]);
    }
  }
  const Lanes bias = load_bias(gemm.bias, column, gemm.num_columns);
  for (size_t m = 0; m < kRows; ++m) {
    store_columns(sums[m] + bias, gemm.c + (row + m) * gemm.c_stride + column,
                  gemm.num_columns - column);
  }
}

// The exact integer sums of a group, less the zero point's share, as floats.
Lanes sum_group(const GemmS8& gemm, size_t row, size_t column, size_t group) {
  const size_t num_groups = gemm.num_groups();
  const size_t group_steps = gemm.group_depth / kDepthStep;
  const size_t begin = group * group_steps;
  const size_t end = group + 1 == num_groups ? gemm.num_steps() : begin + group_steps;
  const int8_t* w = gemm.panels + column * gemm.num_steps() * kDepthStep;
  const uint8_t* a = gemm.a + row * gemm.a_stride;
  int32x4_t sums[8];  // two half sums of columns 2i and 2i + 1
  for (int32x4_t& sum : sums) sum = vdupq_n_s32(0);
  for (size_t step = begin; step < end; ++step) {
    uint32_t four = 0;
    __builtin_memcpy(&four, a + step * kDepthStep, sizeof(four));
    const int8x8_t activations =
        vreinterpret_s8_u8(veor_u8(vreinterpret_u8_u32(vdup_n_u32(four)), vdup_n_u8(0x80)));
    for (size_t i = 0; i < 8; ++i) {
      const int8x8_t weights = vld1_s8(w + step * kPanelColumns * kDepthStep + 8 * i);
      sums[i] = vpadalq_s16(sums[i], vmull_s8(activations, weights));
    }
  }
  const int32_t* column_sums =
      gemm.column_sums + (column / kPanelColumns * num_groups + group) * kPanelColumns;
  // 128 was taken off the activations.
  const int32_t zero_point = gemm.a_zero_point - 128;
  Lanes value;
  for (size_t i = 0; i < 4; ++i) {
    const int32x4_t sum = vpaddq_s32(sums[2 * i], sums[2 * i + 1]);
    value.v[i] = vcvtq_f32_s32(vmlsq_n_s32(sum, vld1q_s32(column_sums + 4 * i), zero_point));
  }
  return value;
}

void row_s8(const GemmS8& gemm, size_t row, size_t column) {
  const size_t num_groups = gemm.num_groups();
  Lanes value = load_bias(gemm.bias, column, gemm.num_columns);
  for (size_t i = 0; i < gemm.num_outliers; ++i) {
    const float activation = gemm.a_outliers[i * gemm.num_rows + row];
    const float* weights = gemm.w_outliers + column * gemm.num_outliers + i * kPanelColumns;
    value = fma(Lanes::broadcast(activation), Lanes::load(weights), value);
  }
  for (size_t group = 0; group < num_groups; ++group) {
    const size_t at = (column / kPanelColumns * num_groups + group) * kPanelColumns;
    const Lanes sum = sum_group(gemm, row, column, group);
    const float a_scale = gemm.a_scales[group * gemm.num_rows + row];
    const Lanes scale = Lanes::broadcast(a_scale) * Lanes::load(gemm.w_scales + at);
    value = fma(sum, scale, value);
  }
  store_columns(value, gemm.c + row * gemm.c_stride + column, gemm.num_columns - column);
}

void gemm_f32(const GemmF32& gemm) {
  for (size_t column = 0; column < gemm.num_columns; column += kPanelColumns) {
    size_t row = 0;
    for (; row + kTileRows <= gemm.num_rows; row += kTileRows) {
      tile_f32<kTileRows>(gemm, row, column);
    }
    for (; row < gemm.num_rows; ++row) tile_f32<1>(gemm, row, column);
  }
}

void gemm_s8(const GemmS8& gemm) {
  for (size_t column = 0; column < gemm.num_columns; column += kPanelColumns) {
    for (size_t row = 0; row < gemm.num_rows; ++row) row_s8(gemm, row, column);
  }
}

}  // namespace

const KernelTable& neon_kernels() {
  static constexpr KernelTable kTable = {
      "neon",
      neon::kSideBySide,
      gemm_f32,
      gemm_s8,
      Row::quantize_row,
      Row::gelu,
      Row::softmax,
      Row::layer_norm,
      Decoder::gemm_rows,
      Decoder::gemm_columns,
      Decoder::gemm_pairs,
      Attention::softmax_step,
      Attention::softmax_step_u8,
      Attention::score_keys,
      Attention::mix_values,
      Decoder::sum_lanes,
      Decoder::rms_norm,
      Decoder::silu,
      Decoder::gelu_tanh,
      Row::soft_cap,
      Expand<Lanes>::run,
      neon::quantize_activations,
      neon::round_to_bf16,
      neon::multiply_panels,
  };
  return kTable;
}

}  // namespace ganglion
