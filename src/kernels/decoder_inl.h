// The kernels that decoders add, written once for any type of sixteen lanes. Included by each
// instruction set's own source only. Like rowwise_inl.h: element i goes to lane i % 16, and all
// instruction sets give the same bits.
#pragma once

#include <cstddef>

#include "kernels/kernel_table.h"
#include "kernels/rowwise_inl.h"

namespace ganglion {

// kTileRows by kTileColumns sums of Lanes stay in registers.
template <typename Lanes, size_t kTileRows, size_t kTileColumns>
struct DecoderKernels {
  using Row = Rowwise<Lanes>;

  static void gemm_rows(const GemmRows& gemm) {
    size_t n = 0;
    for (; n + kTileColumns <= gemm.num_columns; n += kTileColumns) {
      columns<kTileColumns>(gemm, n);
    }
    for (; n < gemm.num_columns; ++n) columns<1>(gemm, n);
  }

  static void mix_rows(const float* weights, const float* rows, size_t stride, size_t num_rows,
                       size_t size, float* out) {
    size_t i = 0;
    for (; i + 4 * kNumLanes <= size; i += 4 * kNumLanes)
      mix<4>(weights, rows, stride, num_rows, i, out);
    for (; i + kNumLanes <= size; i += kNumLanes) mix<1>(weights, rows, stride, num_rows, i, out);
    if (i == size) return;
    Lanes sum = Row::load_or_fill(out, i, size, 0.0F);
    for (size_t r = 0; r < num_rows; ++r) {
      sum = fma(Lanes::broadcast(weights[r]), Row::load_or_fill(rows + r * stride, i, size, 0.0F),
                sum);
    }
    Row::store_within(sum, out, i, size);
  }

  static void rms_norm(const float* x, const float* weight, float epsilon, size_t size,
                       float* out) {
    Lanes squares = Lanes::broadcast(0.0F);
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes value = Row::load_or_fill(x, i, size, 0.0F);
      squares = fma(value, value, squares);
    }
    const float mean = Row::sum_lanes(squares) / static_cast<float>(size);
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

  static void soft_cap(float* x, size_t size, float cap) {
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes u = Row::load_or_fill(x, i, size, 0.0F) / Lanes::broadcast(cap);
      Row::store_within(tanh(u) * Lanes::broadcast(cap), x, i, size);
    }
  }

 private:
  // Within 2 ulp. Cephes tanhf: an odd polynomial below 0.625, 1 - 2 / (1 + exp(2u)) above.
  static Lanes tanh(Lanes u) {
    const auto c = [](float value) { return Lanes::broadcast(value); };
    const Lanes s = u * u;
    Lanes near = fma(c(-5.70498872745e-3F), s, c(2.06390887954e-2F));
    near = fma(near, s, c(-5.37397155531e-2F));
    near = fma(near, s, c(1.33314422036e-1F));
    near = fma(near, s, c(-3.33332819422e-1F));
    near = fma(near * s, u, u);
    const Lanes far = c(1.0F) - c(2.0F) / (c(1.0F) + Row::exp(u + u));
    return select_greater(c(0.625F), max(u, c(0.0F) - u), near, far);
  }

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
        gemm.c[(m + i) * gemm.c_stride + n + j] = Row::sum_lanes(sums[i][j]) + bias;
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
  static void mix(const float* weights, const float* rows, size_t stride, size_t num_rows,
                  size_t first, float* out) {
    Lanes sums[kWidth];
#pragma GCC unroll 4
    for (size_t i = 0; i < kWidth; ++i) sums[i] = Lanes::load(out + first + i * kNumLanes);
    for (size_t r = 0; r < num_rows; ++r) {
      const Lanes weight = Lanes::broadcast(weights[r]);
#pragma GCC unroll 4
      for (size_t i = 0; i < kWidth; ++i) {
        sums[i] = fma(weight, Lanes::load(rows + r * stride + first + i * kNumLanes), sums[i]);
      }
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < kWidth; ++i) sums[i].store(out + first + i * kNumLanes);
  }
};

}  // namespace ganglion
