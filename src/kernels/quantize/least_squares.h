// The search for the scale (and minimum) that represents a group of values best: for a number of
// starting points, round every value to its level, solve for the scale that is best for these
// levels by weighted least squares, and keep the scale with the smallest error. The best is then
// refined by rounding and solving in turn.
// Source of the method: ggml-quants.c (make_qx_quants, make_qkx3_quants). Our own: which starting
// points are tried (both ends of the range may be clipped), and the choice of group scales in
// super-blocks.
// Group sizes are multiples of kQuantizeLanes.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "kernels/quantize/lanes.h"
#include "tensor/block_layouts.h"
#include "tensor/half.h"

namespace ganglion {

// Not nearer to 0 than `value`: a shared scale, so that the largest group scale is within reach. It
// is often below the normal range of F16, where steps are wide.
inline uint16_t f16_away_from_zero(float value) {
  uint16_t half = f16_from_f32(value);
  if (std::fabs(f32_from_f16(half)) < std::fabs(value)) ++half;
  return half;
}

// Whole numbers from kLow to kHigh.
template <int kLow, int kHigh>
struct WholeLevels {
  static constexpr float kReaches[] = {kLow, kHigh};
  static constexpr float kStep = kHigh > 100 ? 1.0F : 0.1F;  // of the search, in levels

  template <typename Value>
  [[gnu::always_inline]] static void round(Value& value) {
    round_within(static_cast<float>(kLow), static_cast<float>(kHigh), value);
  }
};

// kIq4Values.
struct Iq4Levels {
  static constexpr float kReaches[] = {kIq4Values.front(), kIq4Values.back()};
  static constexpr float kStep = 1.0F;

  template <typename Value>
  [[gnu::always_inline]] static void round(Value& value) {
    Value level = Value{} + kIq4Values[0];
    for (size_t i = 1; i < kIq4Values.size(); ++i) {
      const float low = kIq4Values[i - 1];
      const float high = kIq4Values[i];
      const Value middle = Value{} + (low + high) / 2.0F;
      const Value step = Value{} + (high - low);
      level += value > middle ? step : Value{};
    }
    value = level;
  }
};

// Of a level that Iq4Levels::round gave.
inline int index_of_iq4_level(float level) {
  int index = 0;
  while (static_cast<float>(kIq4Values[index]) < level) ++index;
  return index;
}

// The level nearest to x / scale; level 0 (or next to it) for a scale of 0.
template <typename Levels>
float nearest_level(float x, float scale) {
  float value = scale == 0.0F ? 0.0F : x / scale;
  Levels::round(value);
  return value;
}

// How well levels fit values: the products that least squares need.
struct ScaleSums {
  float level_value = 0.0F;  // sum of w * level * x
  float level_level = 0.0F;  // sum of w * level^2

  bool better_than(const ScaleSums& other) const {  // by error at each one's best scale
    return level_level > 0.0F && level_value * level_value * other.level_level >
                                     other.level_value * other.level_value * level_level;
  }
  float scale() const { return level_level > 0.0F ? level_value / level_level : 0.0F; }
};

template <int kSize, typename Levels>
ScaleSums scale_sums(const float* x, const float* w, float inverse_scale) {
  FloatLanes level_value = {};
  FloatLanes level_level = {};
  for (int i = 0; i < kSize; i += kQuantizeLanes) {
    FloatLanes values;
    FloatLanes weights;
    load(x + i, values);
    load(w + i, weights);
    FloatLanes levels = values * inverse_scale;
    Levels::round(levels);
    const FloatLanes weighted = weights * levels;
    level_value += weighted * values;
    level_level += weighted * levels;
  }
  return {sum(level_value), sum(level_level)};
}

// The scale s, of either sign, for x about s * level. 0 for zeros.
template <int kSize, typename Levels>
float fit_scale(const float* x, const float* w) {
  constexpr int kSteps = 12;
  float extreme = 0.0F;
  for (int i = 0; i < kSize; ++i) extreme = std::fabs(x[i]) > std::fabs(extreme) ? x[i] : extreme;
  if (extreme == 0.0F) return 0.0F;
  ScaleSums best = {0.0F, 1.0F};
  for (const float reach : Levels::kReaches) {
    for (int i = -kSteps; i <= kSteps; ++i) {
      const float inverse = (reach + Levels::kStep * static_cast<float>(i)) / extreme;
      const ScaleSums sums = scale_sums<kSize, Levels>(x, w, inverse);
      if (sums.better_than(best)) best = sums;
    }
  }
  for (int i = 0; i < 8 && best.level_value != 0.0F; ++i) {
    const ScaleSums sums = scale_sums<kSize, Levels>(x, w, 1.0F / best.scale());
    if (!sums.better_than(best)) break;
    best = sums;
  }
  return best.scale();
}

// sum of w * (x - scale * nearest level)^2.
template <int kSize, typename Levels>
float scale_error(const float* x, const float* w, float scale) {
  const float inverse = scale == 0.0F ? 0.0F : 1.0F / scale;
  FloatLanes total = {};
  for (int i = 0; i < kSize; i += kQuantizeLanes) {
    FloatLanes values;
    FloatLanes weights;
    load(x + i, values);
    load(w + i, weights);
    FloatLanes levels = values * inverse;
    Levels::round(levels);
    const FloatLanes error = values - levels * scale;
    total += weights * error * error;
  }
  return sum(total);
}

// x is about scale * q + minimum, q from 0 to a top.
struct AffineFit {
  float scale = 0.0F;
  float minimum = 0.0F;
};

// The least-squares problem of one group.
template <int kSize, int kTop>
class AffineProblem {
 public:
  // `any_minimum`: also above 0.
  AffineProblem(const float* x, const float* w, bool any_minimum)
      : x_(x), w_(w), any_minimum_(any_minimum) {
    FloatLanes lanes_w = {};
    FloatLanes lanes_x = {};
    for (int i = 0; i < kSize; i += kQuantizeLanes) {
      FloatLanes values;
      FloatLanes weights;
      load(x + i, values);
      load(w + i, weights);
      lanes_w += weights;
      lanes_x += weights * values;
    }
    sum_w_ = sum(lanes_w);
    sum_x_ = sum(lanes_x);
  }

  // The best scale and minimum for the levels that `rounding` gives (a scale of 0: there is none),
  // and in `gain` by how much less than sum of w * x^2 the squared error is.
  AffineFit solve(const AffineFit& rounding, float* gain) const {
    const float inverse = 1.0F / rounding.scale;
    FloatLanes lanes_q = {};
    FloatLanes lanes_qq = {};
    FloatLanes lanes_xq = {};
    for (int i = 0; i < kSize; i += kQuantizeLanes) {
      FloatLanes values;
      FloatLanes weights;
      load(x_ + i, values);
      load(w_ + i, weights);
      FloatLanes q = (values - rounding.minimum) * inverse;
      round_within(0.0F, static_cast<float>(kTop), q);
      const FloatLanes weighted = weights * q;
      lanes_q += weighted;
      lanes_qq += weighted * q;
      lanes_xq += weighted * values;
    }
    return solve(sum(lanes_q), sum(lanes_qq), sum(lanes_xq), gain);
  }

 private:
  AffineFit solve(float sum_q, float sum_qq, float sum_xq, float* gain) const {
    AffineFit fit;
    const float determinant = sum_w_ * sum_qq - sum_q * sum_q;
    if (determinant > 0.0F) {
      fit.scale = (sum_w_ * sum_xq - sum_x_ * sum_q) / determinant;
      fit.minimum = (sum_qq * sum_x_ - sum_q * sum_xq) / determinant;
    }
    if (determinant <= 0.0F || (!any_minimum_ && fit.minimum > 0.0F)) {
      fit = {sum_qq > 0.0F ? sum_xq / sum_qq : 0.0F, 0.0F};
    }
    *gain = fit.scale * sum_xq + fit.minimum * sum_x_;
    return fit;
  }

  const float* x_;
  const float* w_;
  bool any_minimum_;
  float sum_w_ = 0.0F;
  float sum_x_ = 0.0F;
};

// The scale, at least 0, and the minimum; at most 0 unless `any_minimum`.
template <int kSize, int kTop>
AffineFit fit_affine(const float* x, const float* w, bool any_minimum) {
  float low = x[0];
  float high = x[0];
  for (int i = 1; i < kSize; ++i) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  if (!any_minimum && low > 0.0F) low = 0.0F;
  if (high <= low) return {0.0F, low};
  const AffineProblem<kSize, kTop> problem(x, w, any_minimum);
  const float range = high - low;
  AffineFit best = {range / static_cast<float>(kTop), low};
  float best_gain = -1.0F;
  const auto consider = [&](const AffineFit& rounding) {
    float gain = 0.0F;
    const AffineFit fit = problem.solve(rounding, &gain);
    if (!(fit.scale > 0.0F && gain > best_gain)) return false;
    best = fit;
    best_gain = gain;
    return true;
  };
  // Steps of 3 % off the lower end and of a third of a level (a fortieth of the range, where levels
  // are many) off the upper: one large value must not make all steps wide.
  constexpr float kReachStep = kTop > 12 ? static_cast<float>(kTop) / 40.0F : 0.3F;
  for (int clipped = 0; clipped < 5; ++clipped) {
    const float start = low + 0.03F * static_cast<float>(clipped) * range;
    for (int i = -3; i <= 8; ++i) {
      consider({range / (static_cast<float>(kTop) + kReachStep * static_cast<float>(i)), start});
    }
  }
  for (int i = 0; i < 8 && consider(best); ++i) {
  }
  return best;
}

}  // namespace ganglion
