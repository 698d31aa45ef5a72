// The kernels that decoders add, written once for any type of sixteen lanes. Included by each
// instruction set's own source only. Like rowwise_inl.h: element i goes to lane i % 16, and all
// instruction sets give the same bits.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/kernel_table.h"
#include "kernels/rowwise_inl.h"

namespace ganglion {

// kTileRows by kTileColumns sums of Lanes stay in registers, and kColumnRows by kColumnLanes of
// gemm_columns.
template <typename Lanes, size_t kTileRows, size_t kTileColumns, size_t kColumnRows,
          size_t kColumnLanes>
struct DecoderKernels {
  using Row = Rowwise<Lanes>;

  static void gemm_rows(const GemmRows& gemm) {
    size_t n = 0;
    for (; n + kTileColumns <= gemm.num_columns; n += kTileColumns) {
      columns<kTileColumns>(gemm, n);
    }
    for (; n < gemm.num_columns; ++n) columns<1>(gemm, n);
  }

  static void gemm_columns(const GemmColumns& gemm) {
    size_t n = 0;
    for (; n + kColumnLanes * kNumLanes <= gemm.num_columns; n += kColumnLanes * kNumLanes) {
      column_rows<kColumnLanes>(gemm, n);
    }
    for (; n < gemm.num_columns; n += kNumLanes) column_rows<1>(gemm, n);
  }

  static void gemm_pairs(const GemmPairs& gemm) {
    return Lanes::has_dot() ? pair_columns<true>(gemm) : pair_columns<false>(gemm);
  }

  static float sum_lanes(const float* lanes) { return sum(Lanes::load(lanes)); }

  static void rms_norm(const float* x, const float* weight, float epsilon, size_t size,
                       float* out) {
    Lanes squares = Lanes::broadcast(0.0F);
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes value = Row::load_or_fill(x, i, size, 0.0F);
      squares = fma(value, value, squares);
    }
    const float mean = sum(squares) / static_cast<float>(size);
    const Lanes inverse = Lanes::broadcast(1.0F / __builtin_sqrtf(mean + epsilon));
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes scaled = Row::load_or_fill(x, i, size, 0.0F) * inverse;
      Row::store_within(scaled * Row::load_or_fill(weight, i, size, 0.0F), out, i, size);
    }
  }

  static void silu(float* x, size_t size) {
    const Lanes zero = Lanes::broadcast(0.0F);
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes value = Row::load_or_fill(x, i, size, 0.0F);
      Row::store_within(value / (Lanes::broadcast(1.0F) + Row::exp(zero - value)), x, i, size);
    }
  }

  // (1 + tanh(u)) / 2 = 1 / (1 + exp(-2u)).
  static void gelu_tanh(float* x, size_t size) {
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes value = Row::load_or_fill(x, i, size, 0.0F);
      const Lanes cubic = fma(value * value, Lanes::broadcast(0.044715F), Lanes::broadcast(1.0F));
      const Lanes minus_two_u = value * cubic * Lanes::broadcast(-1.5957691216057308F);
      Row::store_within(value / (Lanes::broadcast(1.0F) + Row::exp(minus_two_u)), x, i, size);
    }
  }

 private:
  template <size_t kColumns>
  static void columns(const GemmRows& gemm, size_t n) {
    size_t m = 0;
    for (; m + kTileRows <= gemm.num_rows; m += kTileRows) tile<kTileRows, kColumns>(gemm, m, n);
    for (; m < gemm.num_rows; ++m) tile<1, kColumns>(gemm, m, n);
  }

  // Without the pragmas GCC 12 keeps the sums on the stack.
  template <size_t kRows, size_t kColumns>
  static void tile(const GemmRows& gemm, size_t m, size_t n) {
    const float* a = gemm.a + m * gemm.a_stride;
    const float* w = gemm.w + n * gemm.w_stride;
    Lanes sums[kRows][kColumns];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t j = 0; j < kColumns; ++j) sums[i][j] = Lanes::broadcast(0.0F);
    }
    size_t k = 0;
    for (; k + kNumLanes <= gemm.depth; k += kNumLanes) {
      Lanes weights[kColumns];
#pragma GCC unroll 8
      for (size_t j = 0; j < kColumns; ++j) weights[j] = Lanes::load(w + j * gemm.w_stride + k);
#pragma GCC unroll 8
      for (size_t i = 0; i < kRows; ++i) {
        const Lanes activation = Lanes::load(a + i * gemm.a_stride + k);
#pragma GCC unroll 8
        for (size_t j = 0; j < kColumns; ++j) sums[i][j] = fma(activation, weights[j], sums[i][j]);
      }
    }
    if (k < gemm.depth) add_rest<kRows, kColumns>(gemm, m, n, k, sums);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t j = 0; j < kColumns; ++j) {
        const float bias = gemm.bias == nullptr ? 0.0F : gemm.bias[n + j];
        gemm.c[(m + i) * gemm.c_stride + n + j] = sum(sums[i][j]) + bias;
      }
    }
  }

  // The last, fewer than sixteen, inputs from `k` on.
  template <size_t kRows, size_t kColumns>
  static void add_rest(const GemmRows& gemm, size_t m, size_t n, size_t k,
                       Lanes (&sums)[kRows][kColumns]) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      const float* a = gemm.a + (m + i) * gemm.a_stride;
      const Lanes activation = Row::load_or_fill(a, k, gemm.depth, 0.0F);
#pragma GCC unroll 8
      for (size_t j = 0; j < kColumns; ++j) {
        const float* w = gemm.w + (n + j) * gemm.w_stride;
        sums[i][j] = fma(activation, Row::load_or_fill(w, k, gemm.depth, 0.0F), sums[i][j]);
      }
    }
  }

  template <size_t kWidth>
  static void column_rows(const GemmColumns& gemm, size_t n) {
    size_t m = 0;
    for (; m + kColumnRows <= gemm.num_rows; m += kColumnRows) {
      column_tile<kColumnRows, kWidth>(gemm, m, n);
    }
    for (; m < gemm.num_rows; ++m) column_tile<1, kWidth>(gemm, m, n);
  }

  // What stands in c, or zeros.
  template <size_t kRows, size_t kWidth, typename Gemm>
  [[gnu::always_inline]] static void begin_sums(const Gemm& gemm, const float* c,
                                                Lanes (&sums)[kRows][kWidth]) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t j = 0; j < kWidth; ++j) {
        sums[i][j] = gemm.adds ? Lanes::load(c + i * gemm.num_columns + j * kNumLanes)
                               : Lanes::broadcast(0.0F);
      }
    }
  }

  template <size_t kRows, size_t kWidth, typename Gemm>
  [[gnu::always_inline]] static void store_sums(const Gemm& gemm,
                                                const Lanes (&sums)[kRows][kWidth], float* c) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t j = 0; j < kWidth; ++j) {
        sums[i][j].store(c + i * gemm.num_columns + j * kNumLanes);
      }
    }
  }

  template <size_t kRows, size_t kWidth>
  static void column_tile(const GemmColumns& gemm, size_t m, size_t n) {
    const float* a = gemm.a + m * gemm.a_stride;
    float* c = gemm.c + m * gemm.num_columns + n;
    Lanes sums[kRows][kWidth];
    begin_sums<kRows, kWidth>(gemm, c, sums);
    for (size_t k = 0; k < gemm.depth; ++k) {
      const float* b = gemm.b + k * gemm.num_columns + n;
      Lanes values[kWidth];
#pragma GCC unroll 8
      for (size_t j = 0; j < kWidth; ++j) values[j] = Lanes::load(b + j * kNumLanes);
#pragma GCC unroll 8
      for (size_t i = 0; i < kRows; ++i) {
        const Lanes factor = Lanes::broadcast(a[i * gemm.a_stride + k]);
#pragma GCC unroll 8
        for (size_t j = 0; j < kWidth; ++j) sums[i][j] = fma(factor, values[j], sums[i][j]);
      }
    }
    store_sums<kRows, kWidth>(gemm, sums, c);
  }

  template <bool kHasDot>
  static void pair_columns(const GemmPairs& gemm) {
    size_t n = 0;
    for (; n + kColumnLanes * kNumLanes <= gemm.num_columns; n += kColumnLanes * kNumLanes) {
      pair_rows<kHasDot, kColumnLanes>(gemm, n);
    }
    if constexpr (kColumnLanes > 2) {
      for (; n + 2 * kNumLanes <= gemm.num_columns; n += 2 * kNumLanes) {
        pair_rows<kHasDot, 2>(gemm, n);
      }
    }
    for (; n < gemm.num_columns; n += kNumLanes) pair_rows<kHasDot, 1>(gemm, n);
  }

  template <bool kHasDot, size_t kWidth>
  static void pair_rows(const GemmPairs& gemm, size_t n) {
    size_t m = 0;
    for (; m + kColumnRows <= gemm.num_rows; m += kColumnRows) {
      pair_tile<kHasDot, kColumnRows, kWidth>(gemm, m, n);
    }
    for (; m + 2 <= gemm.num_rows; m += 2) pair_tile<kHasDot, 2, kWidth>(gemm, m, n);
    for (; m < gemm.num_rows; ++m) pair_tile<kHasDot, 1, kWidth>(gemm, m, n);
  }

  template <bool kHasDot, size_t kRows, size_t kWidth>
  static void pair_tile(const GemmPairs& gemm, size_t m, size_t n) {
    const uint16_t* a = gemm.a + m * gemm.a_stride;
    float* c = gemm.c + m * gemm.num_columns + n;
    Lanes sums[kRows][kWidth];
    begin_sums<kRows, kWidth>(gemm, c, sums);
    for (size_t k = 0; k < gemm.depth; k += 2) {
      const uint16_t* b = gemm.b + (k / 2 * gemm.b_stride + n) * 2;
      typename Lanes::Words pairs[kWidth];
#pragma GCC unroll 8
      for (size_t j = 0; j < kWidth; ++j) pairs[j] = Lanes::load_words(b + j * kNumLanes * 2);
#pragma GCC unroll 8
      for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
        for (size_t j = 0; j < kWidth; ++j) {
          sums[i][j] = add_pairs<kHasDot>(sums[i][j], pairs[j], a + i * gemm.a_stride + k);
        }
      }
    }
    store_sums<kRows, kWidth>(gemm, sums, c);
  }
};

}  // namespace ganglion
