// AVX-512 with VNNI. Tiles of 12 rows by 32 columns keep 24 accumulators in registers; a tile's
// depth loop loads two panel vectors and broadcasts one activation a row.
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own intrinsics trip it (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <utility>

#include "kernels/avx512/lanes.h"
#include "kernels/avx512/panel_product.h"
#include "kernels/decoder_inl.h"
#include "kernels/expand_inl.h"
#include "kernels/kernel_table.h"
#include "kernels/rowwise_inl.h"

namespace ganglion {
namespace {

using Row = Rowwise<avx512::Lanes>;
using Decoder = DecoderKernels<avx512::Lanes, 4, 4, 6, 4>;

constexpr size_t kTileRows = 12;

__mmask16 column_mask(size_t num_columns) {
  return num_columns >= kPanelColumns ? 0xFFFF : static_cast<__mmask16>((1U << num_columns) - 1U);
}

// kRows rows from `row`, kPanels panels from the one that holds `column`.
template <size_t kRows, size_t kPanels>
void tile_f32(const GemmF32& gemm, size_t row, size_t column) {
  const size_t panel_size = gemm.depth * kPanelColumns;
  const float* w = gemm.panels + column / kPanelColumns * panel_size;
  const float* a = gemm.a + row * gemm.a_stride;
  __m512 sums[kRows][kPanels];
  for (size_t m = 0; m < kRows; ++m) {
    for (size_t p = 0; p < kPanels; ++p) sums[m][p] = _mm512_setzero_ps();
  }
  for (size_t k = 0; k < gemm.depth; ++k) {
    __m512 weights[kPanels];
    for (size_t p = 0; p < kPanels; ++p) {
      weights[p] = _mm512_load_ps(w + p * panel_size + k * kPanelColumns);
    }
    for (size_t m = 0; m < kRows; ++m) {
      const __m512 activation = _mm512_set1_ps(a[m * gemm.a_stride + k]);
      for (size_t p = 0; p < kPanels; ++p) {
        sums[m][p] = _mm512_fmadd_ps(activation, weights[p], sums[m][p]);
      }
    }
  }
  for (size_t p = 0; p < kPanels; ++p) {
    const size_t first = column + p * kPanelColumns;
    const __mmask16 mask = column_mask(gemm.num_columns - first);
    const __m512 bias =
        gemm.bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, gemm.bias + first);
    for (size_t m = 0; m < kRows; ++m) {
      _mm512_mask_storeu_ps(gemm.c + (row + m) * gemm.c_stride + first, mask,
                            _mm512_add_ps(sums[m][p], bias));
    }
  }
}

// Calls body(0) to body(kCount - 1), with constants: what the loops of a tile need to keep its sums
// in registers.
template <size_t kCount, typename Body>
[[gnu::always_inline]] inline void unroll(const Body& body) {
  [&]<size_t... i>(std::index_sequence<i...>) { (body(std::integral_constant<size_t, i>()), ...); }
  (std::make_index_sequence<kCount>());
}

// __m512i is eight 64-bit integers to GCC 12, and changing between the two costs it registers.
using Sums [[gnu::vector_size(64)]] = int32_t;

// The exact integer sums of a group, less the zero points' share.
template <size_t kRows, size_t kPanels>
[[gnu::always_inline]] inline void sum_group(const GemmS8& gemm, size_t row, size_t column,
                                             size_t group, Sums (&sums)[kRows][kPanels]) {
  constexpr size_t kStepSize = kPanelColumns * kDepthStep;
  const size_t num_groups = gemm.num_groups();
  const size_t group_steps = gemm.group_depth / kDepthStep;
  const size_t begin = group * group_steps;
  const size_t end = group + 1 == num_groups ? gemm.num_steps() : begin + group_steps;
  const size_t panel_size = gemm.num_steps() * kStepSize;
  const size_t stride = gemm.a_stride;
  const int8_t* w = gemm.panels + column / kPanelColumns * panel_size;
  const uint8_t* a = gemm.a + row * stride;
  const int32_t* zero_points = gemm.a_zero_points + row * num_groups + group;
  const int32_t* column_sums = gemm.column_sums + column * num_groups + group * kPanelColumns;
  unroll<kPanels>([&](auto p) {
    const __m512i column_sum = _mm512_load_si512(column_sums + p * num_groups * kPanelColumns);
    unroll<kRows>([&](auto m) {
      const __m512i zero_point = _mm512_set1_epi32(zero_points[m * num_groups]);
      sums[m][p] = -reinterpret_cast<Sums>(_mm512_mullo_epi32(zero_point, column_sum));
    });
  });
  for (size_t step = begin; step < end; ++step) {
    __m512i weights[kPanels];
    unroll<kPanels>(
        [&](auto p) { weights[p] = _mm512_load_si512(w + p * panel_size + step * kStepSize); });
    unroll<kRows>([&](auto m) {
      int32_t four = 0;
      __builtin_memcpy(&four, a + m * stride + step * kDepthStep, sizeof(four));
      const __m512i activation = _mm512_set1_epi32(four);
      unroll<kPanels>([&](auto p) {
        sums[m][p] = reinterpret_cast<Sums>(
            _mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sums[m][p]), activation, weights[p]));
      });
    });
  }
}

// Bias and outliers: what the float sums of kRows rows start from, in the panel of `column`.
template <size_t kRows>
[[gnu::always_inline]] inline void begin_s8(const GemmS8& gemm, size_t row, size_t column,
                                            __m512 (&values)[kRows]) {
  const size_t num_outliers = gemm.num_outliers;
  const __mmask16 mask = column_mask(gemm.num_columns - column);
  const __m512 bias =
      gemm.bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, gemm.bias + column);
  const float* activations = gemm.a_outliers + row * num_outliers;
  const float* w = gemm.w_outliers + column * num_outliers;
  unroll<kRows>([&](auto m) { values[m] = bias; });
  for (size_t i = 0; i < num_outliers; ++i) {
    const __m512 weights = _mm512_load_ps(w + i * kPanelColumns);
    unroll<kRows>([&](auto m) {
      const __m512 activation = _mm512_set1_ps(activations[m * num_outliers + i]);
      values[m] = _mm512_fmadd_ps(activation, weights, values[m]);
    });
  }
}

template <size_t kRows, size_t kPanels>
[[gnu::flatten]] void tile_s8(const GemmS8& gemm, size_t row, size_t column) {
  const size_t num_groups = gemm.num_groups();
  const float* a_scales = gemm.a_scales + row * num_groups;
  __m512 values[kPanels][kRows];  // in memory, between groups
  for (size_t group = 0; group < num_groups; ++group) {
    Sums sums[kRows][kPanels];
    sum_group(gemm, row, column, group, sums);
    unroll<kPanels>([&](auto p) {
      const size_t first = column + p * kPanelColumns;
      __m512 next[kRows];
      if (group == 0) {
        begin_s8(gemm, row, first, next);
      } else {
        unroll<kRows>([&](auto m) { next[m] = values[p][m]; });
      }
      const __m512 w_scale =
          _mm512_load_ps(gemm.w_scales + first * num_groups + group * kPanelColumns);
      unroll<kRows>([&](auto m) {
        const __m512 a_scale = _mm512_set1_ps(a_scales[m * num_groups + group]);
        values[p][m] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(reinterpret_cast<__m512i>(sums[m][p])),
                                       _mm512_mul_ps(a_scale, w_scale), next[m]);
      });
    });
  }
  for (size_t p = 0; p < kPanels; ++p) {
    const size_t first = column + p * kPanelColumns;
    const __mmask16 mask = column_mask(gemm.num_columns - first);
    for (size_t m = 0; m < kRows; ++m) {
      _mm512_mask_storeu_ps(gemm.c + (row + m) * gemm.c_stride + first, mask, values[p][m]);
    }
  }
}

template <size_t kPanels>
struct TilesF32 {
  template <size_t kRows>
  static void run(const GemmF32& gemm, size_t row, size_t column) {
    tile_f32<kRows, kPanels>(gemm, row, column);
  }
};

template <size_t kPanels>
struct TilesS8 {
  template <size_t kRows>
  static void run(const GemmS8& gemm, size_t row, size_t column) {
    tile_s8<kRows, kPanels>(gemm, row, column);
  }
};

// The last rows, fewer than a tile has: the tile with exactly that many.
template <typename Tiles, typename Gemm, size_t kRows = kTileRows - 1>
void run_rest(const Gemm& gemm, size_t row, size_t column) {
  if constexpr (kRows > 0) {
    if (gemm.num_rows - row == kRows) return Tiles::template run<kRows>(gemm, row, column);
    run_rest<Tiles, Gemm, kRows - 1>(gemm, row, column);
  }
}

template <typename Tiles, typename Gemm>
void run_rows(const Gemm& gemm, size_t column) {
  size_t row = 0;
  for (; row + kTileRows <= gemm.num_rows; row += kTileRows) {
    Tiles::template run<kTileRows>(gemm, row, column);
  }
  run_rest<Tiles>(gemm, row, column);
}

// Two panels at a time stay in the L2 cache while all rows pass by.
template <template <size_t> typename Tiles, typename Gemm>
void run_gemm(const Gemm& gemm) {
  for (size_t column = 0; column < gemm.num_columns; column += 2 * kPanelColumns) {
    if (gemm.num_columns - column > kPanelColumns) {
      run_rows<Tiles<2>>(gemm, column);
    } else {
      run_rows<Tiles<1>>(gemm, column);
    }
  }
}

}  // namespace

const KernelTable& avx512_kernels() {
  static constexpr KernelTable kTable = {
      "avx512",
      run_gemm<TilesF32, GemmF32>,
      run_gemm<TilesS8, GemmS8>,
      Row::quantize_row,
      Row::gelu,
      Row::softmax,
      Row::layer_norm,
      Decoder::gemm_rows,
      Decoder::gemm_columns,
      Decoder::gemm_pairs,
      Decoder::softmax_step,
      Decoder::sum_lanes,
      Decoder::rms_norm,
      Decoder::silu,
      Decoder::gelu_tanh,
      Decoder::soft_cap,
      Expand<avx512::Lanes>::run,
      avx512::quantize_activations,
      avx512::round_to_bf16,
      avx512::multiply_panels,
  };
  return kTable;
}

}  // namespace ganglion
