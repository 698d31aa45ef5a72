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
  // Sixteen elements from `i` on; `fill` beyond the end.
  static Lanes load_or_fill(const float* x, size_t i, size_t size, float fill) {
    if (size - i >= kNumLanes) return Lanes::load(x + i);
    float tail[kNumLanes];
    for (size_t lane = 0; lane < kNumLanes; ++lane)
      tail[lane] = i + lane < size ? x[i + lane] : fill;
    return Lanes::load(tail);
  }

  static void store_within(Lanes value, float* x, size_t i, size_t size) {
    if (size - i >= kNumLanes) return value.store(x + i);
    float tail[kNumLanes];
    value.store(tail);
    for (size_t lane = 0; i + lane < size; ++lane) x[i + lane] = tail[lane];
  }

  static float sum_lanes(Lanes value) {
    float lanes[kNumLanes];
    value.store(lanes);
    for (size_t width = kNumLanes / 2; width > 0; width /= 2) {
      for (size_t lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
    }
    return lanes[0];
  }

  static float max_lanes(Lanes value) {
    float lanes[kNumLanes];
    value.store(lanes);
    for (size_t lane = 1; lane < kNumLanes; ++lane) {
      if (lanes[lane] > lanes[0]) lanes[0] = lanes[lane];
    }
    return lanes[0];
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

  // erf within 1.5 ulp. N. Juffa's erff (2016): an odd polynomial below 0.93, and 1 - exp(p(|x|))
  // above.
  static Lanes erf(Lanes x) {
    const auto c = [](float value) { return Lanes::broadcast(value); };
    const Lanes t = max(x, c(0.0F) - x);
    const Lanes s = x * x;
    Lanes r = fma(c(-1.72853470e-5F), t, c(3.83197126e-4F));
    const Lanes u = fma(c(-3.88396438e-3F), t, c(2.42546219e-2F));
    r = fma(r, s, u);
    r = fma(r, t, c(-1.06777877e-1F));
    r = fma(r, t, c(-6.34846687e-1F));
    r = fma(r, t, c(-1.28717512e-1F));
    r = fma(r, t, c(0.0F) - t);
    const Lanes far = c(1.0F) - exp(r);
    Lanes near = fma(c(-5.96761703e-4F), s, c(4.99119423e-3F));
    near = fma(near, s, c(-2.67681349e-2F));
    near = fma(near, s, c(1.12819925e-1F));
    near = fma(near, s, c(-3.76125336e-1F));
    near = fma(near, s, c(1.28379166e-1F));
    near = fma(near, x, x);
    const Lanes signed_far = select_greater(c(0.0F), x, c(0.0F) - far, far);
    return select_greater(t, c(0.927734375F), signed_far, near);
  }

  static void gelu(float* x, size_t size) {
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes value = load_or_fill(x, i, size, 0.0F);
      const Lanes half = value * Lanes::broadcast(0.5F);
      const Lanes one_plus_erf =
          erf(value * Lanes::broadcast(0.70710678F)) + Lanes::broadcast(1.0F);
      store_within(half * one_plus_erf, x, i, size);
    }
  }

  static void softmax(float* x, size_t size, float scale) {
    constexpr float kLowest = -3.0e38F;
    Lanes largest = Lanes::broadcast(kLowest);
    for (size_t i = 0; i < size; i += kNumLanes) {
      largest = max(largest, load_or_fill(x, i, size, kLowest));
    }
    const Lanes shift = Lanes::broadcast(max_lanes(largest));
    Lanes sum = Lanes::broadcast(0.0F);
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes centred = load_or_fill(x, i, size, kLowest) - shift;
      Lanes value = exp(centred * Lanes::broadcast(scale));
      store_within(value, x, i, size);
      if (size - i < kNumLanes) value = load_or_fill(x, i, size, 0.0F);
      sum = sum + value;
    }
    const Lanes inverse = Lanes::broadcast(1.0F / sum_lanes(sum));
    for (size_t i = 0; i < size; i += kNumLanes) {
      store_within(load_or_fill(x, i, size, 0.0F) * inverse, x, i, size);
    }
  }

  static void layer_norm(const float* x, const float* residual, const float* weight,
                         const float* bias, float epsilon, size_t size, float* out) {
    Lanes sum = Lanes::broadcast(0.0F);
    for (size_t i = 0; i < size; i += kNumLanes) {
      Lanes value = load_or_fill(x, i, size, 0.0F);
      if (residual != nullptr) value = value + load_or_fill(residual, i, size, 0.0F);
      store_within(value, out, i, size);
      sum = sum + value;
    }
    const float mean = sum_lanes(sum) / static_cast<float>(size);
    Lanes squares = Lanes::broadcast(0.0F);
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes centred = load_or_fill(out, i, size, mean) - Lanes::broadcast(mean);
      squares = fma(centred, centred, squares);
    }
    const float variance = sum_lanes(squares) / static_cast<float>(size);
    const Lanes inverse = Lanes::broadcast(1.0F / __builtin_sqrtf(variance + epsilon));
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes centred = load_or_fill(out, i, size, mean) - Lanes::broadcast(mean);
      const Lanes scaled = centred * inverse * load_or_fill(weight, i, size, 0.0F);
      store_within(scaled + load_or_fill(bias, i, size, 0.0F), out, i, size);
    }
  }

  static void quantize_row(const float* x, size_t size, uint8_t* q, float* scales,
                           float* zero_points) {
    for (size_t first = 0; first < size; first += kGroupDepth) {
      const size_t group_size = size - first < kGroupDepth ? size - first : kGroupDepth;
      const size_t group = first / kGroupDepth;
      quantize_group(x + first, group_size, q + first, scales + group, zero_points + group);
    }
    for (size_t i = size; i % kDepthStep != 0; ++i) q[i] = 0;
  }

 private:
  static void quantize_group(const float* x, size_t size, uint8_t* q, float* scale,
                             float* zero_point) {
    constexpr float kMinNormal = 1.17549435e-38F;
    const Lanes nothing = Lanes::broadcast(0.0F);
    Lanes negated_low = nothing;
    Lanes high = nothing;
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes value = load_or_fill(x, i, size, 0.0F);
      negated_low = max(negated_low, nothing - value);
      high = max(high, value);
    }
    const float depth_below = max_lanes(negated_low);
    *scale = (max_lanes(high) + depth_below) / 255.0F;
    const bool is_zero = !(*scale >= kMinNormal);
    const float inverse = is_zero ? 0.0F : 1.0F / *scale;
    *zero_point = __builtin_rintf(depth_below * inverse);
    for (size_t i = 0; i < size; i += kNumLanes) {
      const Lanes steps = round_to_even(load_or_fill(x, i, size, 0.0F) * Lanes::broadcast(inverse));
      const Lanes value =
          min(max(steps + Lanes::broadcast(*zero_point), nothing), Lanes::broadcast(255.0F));
      if (size - i >= kNumLanes) {
        store_bytes(value, q + i);
        continue;
      }
      unsigned char bytes[kNumLanes];
      store_bytes(value, bytes);
      for (size_t lane = 0; i + lane < size; ++lane) q[i + lane] = bytes[lane];
    }
  }
};

}  // namespace ganglion
