// The kernels that work on one row, written once for any type of sixteen lanes. Included by each
// instruction set's own source only: the lanes' names keep the instances apart.
// Element i always goes to lane i % 16, and the lanes are summed in one fixed tree, so all
// instruction sets give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.h"

namespace ganglion {

inline constexpr size_t kNumLanes = 16;

template <typename Lanes>
struct Rowwise {
  // Loads and stores a part of sixteen lanes by itself.
  static constexpr bool kHasMasks = requires(Lanes lanes, float* x) { lanes.store_first(x, 1); };

  // Sixteen elements from `i` on; `fill` beyond the end.
  static Lanes load_or_fill(const float* x, size_t i, size_t size, float fill) {
    if (size - i >= kNumLanes) return Lanes::load(x + i);
    if constexpr (kHasMasks) {
      return Lanes::load_first(x + i, size - i, fill);
    } else {
      float tail[kNumLanes];
      for (size_t lane = 0; lane < kNumLanes; ++lane)
        tail[lane] = i + lane < size ? x[i + lane] : fill;
      return Lanes::load(tail);
    }
  }

  static void store_within(Lanes value, float* x, size_t i, size_t size) {
    if (size - i >= kNumLanes) return value.store(x + i);
    if constexpr (kHasMasks) {
      value.store_first(x + i, size - i);
    } else {
      float tail[kNumLanes];
      value.store(tail);
      for (size_t lane = 0; i + lane < size; ++lane) x[i + lane] = tail[lane];
    }
  }

  // exp, within 2 ulp for x from -87 to 88; smaller x count as -87, larger as 88.
  // Cephes expf: x = n ln 2 + r, and a polynomial of degree 5 for exp(r).
  static Lanes exp(Lanes x) {
    const auto c = [](float value) { return Lanes::broadcast(value); };
    x = min(max(x, c(-87.0F)), c(88.0F));
    const Lanes n = round_to_even(x * c(1.44269504F));
    Lanes r = fma(n, c(-0.693359375F), x);
    r = fma(n, c(2.12194440e-4F), r);
    Lanes p = c(1.9875691500e-4F);
    p = fma(p, r, c(1.3981999507e-3F));
    p = fma(p, r, c(8.3334519073e-3F));
    p = fma(p, r, c(4.1665795894e-2F));
    p = fma(p, r, c(1.6666665459e-1F));
    p = fma(p, r, c(5.0000001201e-1F));
    p = fma(p, r * r, r) + c(1.0F);
    return p * power_of_two(n);
  }

  // 2^x for x from -125 to 127: x = n + f, and a minimax polynomial for 2^f. Of degree 6 within
  // 2 ulp, of degree 3 within 7.5e-5 of 2^x.
  template <int kDegree = 6>
  static Lanes exp2(Lanes x) {
    static_assert(kDegree == 3 || kDegree == 6);
    const auto c = [](float value) { return Lanes::broadcast(value); };
    const Lanes whole = c(12582912.0F);  // 1.5 * 2^23: leaves no room for a fraction
    const Lanes shifted = x + whole;
    const Lanes f = x - (shifted - whole);
    Lanes p;
    if constexpr (kDegree == 3) {
      p = c(0.05517167F);
      p = fma(p, f, c(0.24261113F));
      p = fma(p, f, c(0.69326097F));
      p = fma(p, f, c(0.99992806F));
    } else {
      p = c(1.53457819e-4F);
      p = fma(p, f, c(1.33999309e-3F));
      p = fma(p, f, c(9.61848907e-3F));
      p = fma(p, f, c(5.55032864e-2F));
      p = fma(p, f, c(2.40226462e-1F));
      p = fma(p, f, c(6.93147182e-1F));
      p = fma(p, f, c(1.0F));
    }
    return add_to_exponent(p, shifted);
  }

  // x * Phi(x) as max(x, 0) - t * Phi(-t) with t = |x|: one polynomial for the logarithm of
  // Phi(-t) to base 2, fitted to Phi's absolute error on [0, 6] (8e-9 of 1), in u = -t. Beyond 9.5
  // Phi(-t) is below 2^-69.
  static void gelu(float* x, size_t size) {
    const auto c = [](float value) { return Lanes::broadcast(value); };
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes value = load_or_fill(x, i, size, 0.0F);
      const Lanes u = max(c(-9.5F), min(value, c(0.0F) - value));
      Lanes q = c(-2.77069807e-6F);
      q = fma(q, u, c(-3.85965941e-5F));
      q = fma(q, u, c(-1.82406991e-4F));
      q = fma(q, u, c(1.46245933e-4F));
      q = fma(q, u, c(7.07597891e-3F));
      q = fma(q, u, c(5.2505374e-2F));
      q = fma(q, u, c(-4.59204793e-1F));
      q = fma(q, u, c(1.15110576F));
      q = fma(q, u, c(-1.0F));
      store_within(fma(u, exp2(q), max(c(0.0F), value)), x, i, size);
    }
  }

  // Within 2 ulp. Cephes tanhf: an odd polynomial below 0.625, 1 - 2 / (1 + exp(2u)) above.
  static Lanes tanh(Lanes u) {
    const auto c = [](float value) { return Lanes::broadcast(value); };
    const Lanes s = u * u;
    Lanes near = fma(c(-5.70498872745e-3F), s, c(2.06390887954e-2F));
    near = fma(near, s, c(-5.37397155531e-2F));
    near = fma(near, s, c(1.33314422036e-1F));
    near = fma(near, s, c(-3.33332819422e-1F));
    near = fma(near * s, u, u);
    const Lanes far = c(1.0F) - c(2.0F) / (c(1.0F) + exp(u + u));
    return select_greater(c(0.625F), max(u, c(0.0F) - u), near, far);
  }

  static void soft_cap(float* x, size_t size, float cap) {
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes u = load_or_fill(x, i, size, 0.0F) / Lanes::broadcast(cap);
      store_within(tanh(u) * Lanes::broadcast(cap), x, i, size);
    }
  }

  static void softmax(float* x, size_t size, float scale) {
    constexpr float kLowest = -3.0e38F;
    constexpr float kLog2OfE = 1.44269504F;
    Lanes high = Lanes::broadcast(kLowest);
    for (size_t i = 0; i < size; i += kNumLanes) {
      high = max(high, load_or_fill(x, i, size, kLowest));
    }
    const Lanes shift = Lanes::broadcast(largest(high));
    const Lanes factor = Lanes::broadcast(scale * kLog2OfE);
    Lanes total = Lanes::broadcast(0.0F);
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes centred = load_or_fill(x, i, size, kLowest) - shift;
      Lanes value = exp2(max(Lanes::broadcast(-125.0F), centred * factor));
      store_within(value, x, i, size);
      if (size - i < kNumLanes) value = load_or_fill(x, i, size, 0.0F);
      total = total + value;
    }
    const Lanes inverse = Lanes::broadcast(1.0F / sum(total));
    for (size_t i = 0; i < size; i += kNumLanes) {
      store_within(load_or_fill(x, i, size, 0.0F) * inverse, x, i, size);
    }
  }

  static void layer_norm(const float* x, const float* residual, const float* weight,
                         const float* bias, float epsilon, size_t size, float* out) {
    Lanes total = Lanes::broadcast(0.0F);
    for (size_t i = 0; i < size; i += kNumLanes) {
      Lanes value = load_or_fill(x, i, size, 0.0F);
      if (residual != nullptr) value = value + load_or_fill(residual, i, size, 0.0F);
      store_within(value, out, i, size);
      total = total + value;
    }
    const float mean = sum(total) / static_cast<float>(size);
    Lanes squares = Lanes::broadcast(0.0F);
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes centred = load_or_fill(out, i, size, mean) - Lanes::broadcast(mean);
      squares = fma(centred, centred, squares);
    }
    const float variance = sum(squares) / static_cast<float>(size);
    const Lanes inverse = Lanes::broadcast(1.0F / __builtin_sqrtf(variance + epsilon));
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes centred = load_or_fill(out, i, size, mean) - Lanes::broadcast(mean);
      const Lanes scaled = centred * inverse * load_or_fill(weight, i, size, 0.0F);
      store_within(scaled + load_or_fill(bias, i, size, 0.0F), out, i, size);
    }
  }

  static void quantize_row(const QuantizeRow& row) {
    for (size_t first = 0; first < row.size; first += row.group_depth) {
      const size_t left = row.size - first;
      const size_t size = left < row.group_depth ? left : row.group_depth;
      float& scale = row.scales[first / row.group_depth * row.scale_stride];
      scale = row.floor > 0 ? scale_above(row.x + first, size, row.floor)
                            : scale_around_zero(row.x + first, size);
      quantize_group(row.x + first, size, row.floor, scale, row.q + first);
    }
    for (size_t i = row.size; i % kDepthStep != 0; ++i) row.q[i] = 0;
  }

 private:
  // NaN for a group that holds NaN or infinity: 0 times either is NaN.
  static float scale_around_zero(const float* x, size_t size) {
    const Lanes nothing = Lanes::broadcast(0.0F);
    Lanes high = nothing;
    Lanes nan_if_lost = nothing;
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes value = load_or_fill(x, i, size, 0.0F);
      high = max(high, max(value, nothing - value));
      nan_if_lost = fma(value, nothing, nan_if_lost);
    }
    return largest(high) / 127.0F + sum(nan_if_lost);
  }

  static float scale_above(const float* x, size_t size, float floor) {
    const Lanes nothing = Lanes::broadcast(0.0F);
    Lanes high = nothing;
    Lanes nan_if_lost = nothing;
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes value = load_or_fill(x, i, size, 0.0F);
      high = max(high, value);
      nan_if_lost = fma(value, nothing, nan_if_lost);
    }
    const float range = largest(high) + floor;
    const float steps_of_floor = __builtin_floorf(255.0F * floor / range);
    return (steps_of_floor >= 1.0F ? floor / steps_of_floor : range / 255.0F) + sum(nan_if_lost);
  }

  static void quantize_group(const float* x, size_t size, float floor, float& scale, uint8_t* q) {
    constexpr float kMinNormal = 1.17549435e-38F;
    constexpr float kMax = 3.40282347e+38F;
    if (!(scale <= kMax)) {
      scale = __builtin_nanf("");
      for (size_t i = 0; i < size; ++i) q[i] = 0;
      return;
    }
    const Lanes inverse = Lanes::broadcast(scale >= kMinNormal ? 1.0F / scale : 0.0F);
    const Lanes shift = Lanes::broadcast(floor);
    const int zero = floor > 0 ? 0 : 128;
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes steps = (load_or_fill(x, i, size, 0.0F) + shift) * inverse;
      if (size - i >= kNumLanes) {
        store_bytes(steps, zero, q + i);
        continue;
      }
      unsigned char bytes[kNumLanes];
      store_bytes(steps, zero, bytes);
      for (size_t lane = 0; i + lane < size; ++lane) q[i + lane] = bytes[lane];
    }
  }
};

}  // namespace ganglion
