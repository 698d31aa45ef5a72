// AVX2 with FMA. Float tiles of 6 rows by 16 columns (12 accumulators); 8-bit tiles of 3 rows
// by 16. The 8-bit product widens to 16 bits and uses vpmaddwd: vpmaddubsw would saturate at large
// values.
#include "kernels/attention_inl.h"
#include "kernels/avx2/lanes.h"
#include "kernels/avx2/panel_product.h"
#include "kernels/decoder_inl.h"
#include "kernels/expand_inl.h"
#include "kernels/kernel_table.h"
#include "kernels/rowwise_inl.h"

namespace ganglion {
namespace {

using Row = Rowwise<avx2::Lanes>;
using Decoder = DecoderKernels<avx2::Lanes, 2, 3, 3, 2>;
using Attention = AttentionKernels<avx2::Lanes, 2, 1, 3, 1>;

constexpr size_t kTileRowsF32 = 6;
constexpr size_t kTileRowsS8 = 3;

void store_columns(avx2::Lanes value, float* c, size_t num_columns) {
  Row::store_within(value, c, 0, num_columns < kPanelColumns ? num_columns : kPanelColumns);
}

avx2::Lanes load_bias(const float* bias, size_t first, size_t num_columns) {
  if (bias == nullptr) return avx2::Lanes::broadcast(0.0F);
  return Row::load_or_fill(bias, first, num_columns, 0.0F);
}

// The products of kRows rows with one panel. Without the pragmas GCC 12 does not unroll every loop
// over rows, and keeps the sums on the stack: 2.4 times slower.
template <size_t kRows>
void sum_panel(const GemmF32& gemm, size_t row, size_t column, avx2::Lanes (&out)[kRows]) {
  const float* w = gemm.panels + column * gemm.depth;
  const float* a = gemm.a + row * gemm.a_stride;
  __m256 low[kRows];
  __m256 high[kRows];
#pragma GCC unroll 8
  for (size_t m = 0; m < kRows; ++m) low[m] = high[m] = _mm256_setzero_ps();
  for (size_t k = 0; k < gemm.depth; ++k) {
    const __m256 w_low = _mm256_load_ps(w + k * kPanelColumns);
    const __m256 w_high = _mm256_load_ps(w + k * kPanelColumns + 8);
#pragma GCC unroll 8
    for (size_t m = 0; m < kRows; ++m) {
      const __m256 activation = _mm256_broadcast_ss(a + m * gemm.a_stride + k);
      low[m] = _mm256_fmadd_ps(activation, w_low, low[m]);
      high[m] = _mm256_fmadd_ps(activation, w_high, high[m]);
    }
  }
#pragma GCC unroll 8
  for (size_t m = 0; m < kRows; ++m) out[m] = {low[m], high[m]};
}

template <size_t kRows>
void tile_f32(const GemmF32& gemm, size_t row, size_t column) {
  avx2::Lanes sums[kRows];
  sum_panel(gemm, row, column, sums);
  const avx2::Lanes bias = load_bias(gemm.bias, column, gemm.num_columns);
  for (size_t m = 0; m < kRows; ++m) {
    store_columns(sums[m] + bias, gemm.c + (row + m) * gemm.c_stride + column,
                  gemm.num_columns - column);
  }
}

// From eight pairs of half sums of four columns each to eight columns in order.
__m256i join_halves(__m256i first_four, __m256i second_four) {
  return _mm256_permute4x64_epi64(_mm256_hadd_epi32(first_four, second_four), 0xD8);
}

// Bias and outliers: what the float sums of a row start from.
avx2::Lanes begin_s8(const GemmS8& gemm, size_t row, size_t column) {
  avx2::Lanes value = load_bias(gemm.bias, column, gemm.num_columns);
  const float* weights = gemm.w_outliers + column * gemm.num_outliers;
  for (size_t i = 0; i < gemm.num_outliers; ++i) {
    const float activation = gemm.a_outliers[i * gemm.num_rows + row];
    value = fma(avx2::Lanes::broadcast(activation), avx2::Lanes::load(weights + i * kPanelColumns),
                value);
  }
  return value;
}

// The exact integer sums of the depth steps [begin, end): four registers of half sums a row.
template <size_t kRows>
void sum_group(const GemmS8& gemm, size_t row, size_t column, size_t begin, size_t end,
               __m256i (&out)[kRows][4]) {
  const int8_t* w = gemm.panels + column * gemm.num_steps() * kDepthStep;
  const uint8_t* a = gemm.a + row * gemm.a_stride;
  // A copy of its own: stores through `out` might change `a`, for all the compiler knows.
  __m256i sums[kRows][4];
  for (size_t m = 0; m < kRows; ++m) {
    for (size_t i = 0; i < 4; ++i) sums[m][i] = _mm256_setzero_si256();
  }
  for (size_t step = begin; step < end; ++step) {
    __m256i activations[kRows];
    for (size_t m = 0; m < kRows; ++m) {
      int32_t four = 0;
      __builtin_memcpy(&four, a + m * gemm.a_stride + step * kDepthStep, sizeof(four));
      activations[m] = _mm256_broadcastq_epi64(_mm_cvtepu8_epi16(_mm_cvtsi32_si128(four)));
    }
    const auto* weights_of_step =
        reinterpret_cast<const __m128i*>(w + step * kPanelColumns * kDepthStep);
    for (size_t quarter = 0; quarter < 4; ++quarter) {  // four columns each
      const __m256i weights = _mm256_cvtepi8_epi16(_mm_load_si128(weights_of_step + quarter));
      for (size_t m = 0; m < kRows; ++m) {
        sums[m][quarter] =
            _mm256_add_epi32(sums[m][quarter], _mm256_madd_epi16(activations[m], weights));
      }
    }
  }
  for (size_t m = 0; m < kRows; ++m) {
    for (size_t i = 0; i < 4; ++i) out[m][i] = sums[m][i];
  }
}

template <size_t kRows>
void tile_s8(const GemmS8& gemm, size_t row, size_t column) {
  const size_t num_groups = gemm.num_groups();
  const size_t num_steps = gemm.num_steps();
  const size_t group_steps = gemm.group_depth / kDepthStep;
  const __m256i zero_point = _mm256_set1_epi32(gemm.a_zero_point);
  avx2::Lanes values[kRows];
  for (size_t m = 0; m < kRows; ++m) values[m] = begin_s8(gemm, row + m, column);
  for (size_t group = 0; group < num_groups; ++group) {
    const size_t begin = group * group_steps;
    const size_t end = begin + group_steps < num_steps ? begin + group_steps : num_steps;
    __m256i sums[kRows][4];
    sum_group(gemm, row, column, begin, end, sums);
    const size_t at = (column / kPanelColumns * num_groups + group) * kPanelColumns;
    const avx2::Lanes w_scale = avx2::Lanes::load(gemm.w_scales + at);
    const auto* column_sums = reinterpret_cast<const __m256i*>(gemm.column_sums + at);
    for (size_t m = 0; m < kRows; ++m) {
      const auto sum_half = [&](size_t half) {
        const __m256i sum = join_halves(sums[m][2 * half], sums[m][2 * half + 1]);
        const __m256i shift = _mm256_mullo_epi32(zero_point, _mm256_load_si256(column_sums + half));
        return _mm256_cvtepi32_ps(_mm256_sub_epi32(sum, shift));
      };
      const avx2::Lanes sum = {sum_half(0), sum_half(1)};
      const float a_scale = gemm.a_scales[group * gemm.num_rows + row + m];
      const avx2::Lanes scale = avx2::Lanes::broadcast(a_scale) * w_scale;
      values[m] = fma(sum, scale, values[m]);
    }
  }
  for (size_t m = 0; m < kRows; ++m) {
    store_columns(values[m], gemm.c + (row + m) * gemm.c_stride + column,
                  gemm.num_columns - column);
  }
}

void gemm_f32(const GemmF32& gemm) {
  for (size_t column = 0; column < gemm.num_columns; column += kPanelColumns) {
    size_t row = 0;
    for (; row + kTileRowsF32 <= gemm.num_rows; row += kTileRowsF32) {
      tile_f32<kTileRowsF32>(gemm, row, column);
    }
    for (; row < gemm.num_rows; ++row) tile_f32<1>(gemm, row, column);
  }
}

void gemm_s8(const GemmS8& gemm) {
  for (size_t column = 0; column < gemm.num_columns; column += kPanelColumns) {
    size_t row = 0;
    for (; row + kTileRowsS8 <= gemm.num_rows; row += kTileRowsS8) {
      tile_s8<kTileRowsS8>(gemm, row, column);
    }
    for (; row < gemm.num_rows; ++row) tile_s8<1>(gemm, row, column);
  }
}

}  // namespace

const KernelTable& avx2_kernels() {
  static constexpr KernelTable kTable = {
      "avx2",
      avx2::kSideBySide,
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
      Expand<avx2::Lanes>::run,
      avx2::quantize_activations,
      avx2::round_to_bf16,
      avx2::multiply_panels,
  };
  return kTable;
}

}  // namespace ganglion
