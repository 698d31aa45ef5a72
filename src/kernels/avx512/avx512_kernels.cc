// AVX-512 with VNNI. Tiles of 12 rows by 32 columns keep 24 accumulators in registers (8-bit ones
// of 6 rows twice 12); a tile's depth loop loads two panel vectors and broadcasts one activation a
// row.
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own intrinsics trip it (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <algorithm>
#include <utility>

#include "kernels/attention_inl.h"
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
using Attention = AttentionKernels<avx512::Lanes, 3, 4, 6, 4>;

__mmask16 column_mask(size_t num_columns) {
  return num_columns >= kPanelColumns ? 0xFFFF : static_cast<__mmask16>((1U << num_columns) - 1U);
}

// Calls body(0) to body(kCount - 1), with constants: what the loops of a tile need to keep its sums
// in registers.
template <size_t kCount, typename Body>
[[gnu::always_inline]] inline void unroll(const Body& body) {
  [&]<size_t... i>(std::index_sequence<i...>) { (body(std::integral_constant<size_t, i>()), ...); }
  (std::make_index_sequence<kCount>());
}

// The results' cache lines come while the tile is computed; stores that miss cost 4 %.
template <size_t kRows, size_t kPanels>
[[gnu::always_inline]] inline void fetch_results(const float* c, size_t c_stride) {
  unroll<kRows>([&](auto m) {
    unroll<kPanels>([&](auto p) { __builtin_prefetch(c + m * c_stride + p * kPanelColumns, 1); });
  });
}

// kRows rows from `row`, kPanels panels from the one that holds `column`. `next`: a panel that will
// be needed soon, or null.
template <size_t kRows, size_t kPanels, bool kFetches>
void tile_f32(const GemmF32& gemm, size_t row, size_t column, const float* next) {
  const size_t panel_size = gemm.depth * kPanelColumns;
  const float* w = gemm.panels + column / kPanelColumns * panel_size;
  const float* a = gemm.a + row * gemm.a_stride;
  float* c = gemm.c + row * gemm.c_stride + column;
  fetch_results<kRows, kPanels>(c, gemm.c_stride);
  __m512 sums[kRows][kPanels];
  for (size_t m = 0; m < kRows; ++m) {
    for (size_t p = 0; p < kPanels; ++p) sums[m][p] = _mm512_setzero_ps();
  }
  for (size_t k = 0; k < gemm.depth; ++k) {
    if constexpr (kFetches) __builtin_prefetch(next + k * kPanelColumns);
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
      _mm512_mask_storeu_ps(c + m * gemm.c_stride + p * kPanelColumns, mask,
                            _mm512_add_ps(sums[m][p], bias));
    }
  }
}

// __m512i is eight 64-bit integers to GCC 12, and changing between the two costs it registers.
using Sums [[gnu::vector_size(64)]] = int32_t;

// Adds the products of the depth steps [begin, end) to exact integer sums.
template <size_t kRows, size_t kPanels, bool kFetches>
[[gnu::always_inline]] inline void add_steps(const GemmS8& gemm, size_t row, const int8_t* w,
                                             size_t begin, size_t end, const int8_t* next,
                                             Sums (&sums)[kRows][kPanels]) {
  constexpr size_t kStepSize = kPanelColumns * kDepthStep;
  const size_t panel_size = gemm.num_steps() * kStepSize;
  const size_t stride = gemm.a_stride;
  const uint8_t* a = gemm.a + row * stride;
  for (size_t step = begin; step < end; ++step) {
    if constexpr (kFetches) __builtin_prefetch(next + step * kStepSize);
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

// Bias and outliers: what the float sums start from.
template <size_t kRows, size_t kPanels>
[[gnu::always_inline]] inline void begin_s8(const GemmS8& gemm, size_t row, size_t column,
                                            __m512 (&values)[kRows][kPanels]) {
  unroll<kPanels>([&](auto p) {
    const size_t first = column + p * kPanelColumns;
    const __mmask16 mask = column_mask(gemm.num_columns - first);
    const __m512 bias =
        gemm.bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, gemm.bias + first);
    unroll<kRows>([&](auto m) { values[m][p] = bias; });
    const float* w = gemm.w_outliers + first * gemm.num_outliers;
    for (size_t i = 0; i < gemm.num_outliers; ++i) {
      const __m512 weights = _mm512_load_ps(w + i * kPanelColumns);
      const float* activations = gemm.a_outliers + i * gemm.num_rows + row;
      unroll<kRows>([&](auto m) {
        const __m512 activation = _mm512_set1_ps(activations[m]);
        values[m][p] = _mm512_fmadd_ps(activation, weights, values[m][p]);
      });
    }
  });
}

template <size_t kRows, size_t kPanels, bool kFetches>
[[gnu::flatten]] void tile_s8(const GemmS8& gemm, size_t row, size_t column, const int8_t* next) {
  const size_t num_groups = gemm.num_groups();
  const size_t num_steps = gemm.num_steps();
  const size_t group_steps = gemm.group_depth / kDepthStep;
  const int8_t* w = gemm.panels + column * num_steps * kDepthStep;
  float* c = gemm.c + row * gemm.c_stride + column;
  fetch_results<kRows, kPanels>(c, gemm.c_stride);
  __m512 values[kRows][kPanels];
  begin_s8(gemm, row, column, values);
  for (size_t group = 0; group < num_groups; ++group) {
    const size_t of_group = column * num_groups + group * kPanelColumns;
    const size_t panel_size = num_groups * kPanelColumns;
    Sums sums[kRows][kPanels];
    unroll<kPanels>([&](auto p) {
      const __m512i column_sums = _mm512_load_si512(gemm.column_sums + of_group + p * panel_size);
      const __m512i shift = _mm512_mullo_epi32(_mm512_set1_epi32(gemm.a_zero_point), column_sums);
      unroll<kRows>([&](auto m) { sums[m][p] = -reinterpret_cast<Sums>(shift); });
    });
    const size_t begin = group * group_steps;
    add_steps<kRows, kPanels, kFetches>(gemm, row, w, begin,
                                        std::min(begin + group_steps, num_steps), next, sums);
    const float* a_scales = gemm.a_scales + group * gemm.num_rows + row;
    unroll<kPanels>([&](auto p) {
      const __m512 w_scale = _mm512_load_ps(gemm.w_scales + of_group + p * panel_size);
      unroll<kRows>([&](auto m) {
        const __m512 scale = _mm512_mul_ps(_mm512_set1_ps(a_scales[m]), w_scale);
        const __m512 sum = _mm512_cvtepi32_ps(reinterpret_cast<__m512i>(sums[m][p]));
        values[m][p] = _mm512_fmadd_ps(sum, scale, values[m][p]);
      });
    });
  }
  unroll<kPanels>([&](auto p) {
    const __mmask16 mask = column_mask(gemm.num_columns - column - p * kPanelColumns);
    unroll<kRows>([&](auto m) {
      _mm512_mask_storeu_ps(c + m * gemm.c_stride + p * kPanelColumns, mask, values[m][p]);
    });
  });
}

template <size_t kPanels>
struct TilesF32 {
  static constexpr size_t kTileRows = 12;
  static const float* panel(const GemmF32& gemm, size_t column) {
    return gemm.panels + column * gemm.depth;
  }
  template <size_t kRows, bool kFetches>
  static void run(const GemmF32& gemm, size_t row, size_t column, const float* next) {
    tile_f32<kRows, kPanels, kFetches>(gemm, row, column, next);
  }
};

// Half as many rows: integer sums and the float sums of the groups before them.
template <size_t kPanels>
struct TilesS8 {
  static constexpr size_t kTileRows = 6;
  static const int8_t* panel(const GemmS8& gemm, size_t column) {
    return gemm.panels + column * gemm.num_steps() * kDepthStep;
  }
  template <size_t kRows, bool kFetches>
  static void run(const GemmS8& gemm, size_t row, size_t column, const int8_t* next) {
    tile_s8<kRows, kPanels, kFetches>(gemm, row, column, next);
  }
};

// The last rows, fewer than a tile has: the tile with exactly that many.
template <typename Tiles, size_t kRows, typename Gemm>
void run_rest(const Gemm& gemm, size_t row, size_t column) {
  if constexpr (kRows > 0) {
    if (gemm.num_rows - row == kRows) {
      return Tiles::template run<kRows, false>(gemm, row, column, nullptr);
    }
    run_rest<Tiles, kRows - 1>(gemm, row, column);
  }
}

// The first two tiles fetch the next two panels into the cache.
template <typename Tiles, typename Gemm>
void run_rows(const Gemm& gemm, size_t column) {
  constexpr size_t kTileRows = Tiles::kTileRows;
  size_t row = 0;
  for (; row + kTileRows <= gemm.num_rows; row += kTileRows) {
    const size_t ahead = column + (row / kTileRows + 2) * kPanelColumns;
    if (row < 2 * kTileRows && ahead < gemm.num_columns) {
      Tiles::template run<kTileRows, true>(gemm, row, column, Tiles::panel(gemm, ahead));
    } else {
      Tiles::template run<kTileRows, false>(gemm, row, column, nullptr);
    }
  }
  run_rest<Tiles, kTileRows - 1>(gemm, row, column);
}

// Two panels at a time stay in the cache while all rows pass by.
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
      avx512::kSideBySide,
      run_gemm<TilesF32, GemmF32>,
      run_gemm<TilesS8, GemmS8>,
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
      Expand<avx512::Lanes>::run,
      avx512::quantize_activations,
      avx512::round_to_bf16,
      avx512::multiply_panels,
  };
  return kTable;
}

}  // namespace ganglion
