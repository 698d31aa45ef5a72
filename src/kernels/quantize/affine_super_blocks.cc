// The K types with minima: Q2_K, Q4_K, Q5_K. Each group is q * (scale * s) - (minimum * m), with
// scale and minimum shared by the super-block and s, m small whole numbers.
#include "kernels/quantize/block_encoders.h"
#include "kernels/quantize/least_squares.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

// kTop: the largest q; kScaleTop: the largest s and m.
template <int kGroupSize, int kTop, int kScaleTop>
class AffineSuperBlock {
 public:
  static constexpr int kNumGroups = kSuperBlock / kGroupSize;

  AffineSuperBlock(const float* x, const float* w) : x_(x), w_(w) {
    float largest_scale = 0.0F;
    float largest_minimum = 0.0F;
    for (int g = 0; g < kNumGroups; ++g) {
      fits_[g] = fit_affine<kGroupSize, kTop>(x + g * kGroupSize, w + g * kGroupSize,
                                              /*any_minimum=*/false);
      largest_scale = std::fmax(largest_scale, fits_[g].scale);
      largest_minimum = std::fmax(largest_minimum, -fits_[g].minimum);
    }
    best_ = choose(f16_away_from_zero(largest_scale / kScaleTop),
                   f16_away_from_zero(largest_minimum / kScaleTop));
    for (int i = 0; i < 3 && is_finite(best_); ++i) {
      const Choice next = choose_solved(best_);
      if (!(next.error < best_.error)) break;
      best_ = next;
    }
  }

  bool fits_f16() const { return is_finite(best_); }
  uint16_t scale() const { return best_.scale; }
  uint16_t minimum() const { return best_.minimum; }
  int group_scale(int g) const { return best_.groups[g].scale; }
  int group_minimum(int g) const { return best_.groups[g].minimum; }

  std::array<uint8_t, kSuperBlock> quanta() const {
    std::array<uint8_t, kSuperBlock> out;
    for (int i = 0; i < kSuperBlock; ++i) {
      const ScaleMin& group = best_.groups[i / kGroupSize];
      out[i] = static_cast<uint8_t>(
          quantum(x_[i], f32_from_f16(best_.scale) * static_cast<float>(group.scale),
                  f32_from_f16(best_.minimum) * static_cast<float>(group.minimum)));
    }
    return out;
  }

 private:
  struct Choice {
    uint16_t scale = 0;    // F16
    uint16_t minimum = 0;  // F16
    std::array<ScaleMin, kNumGroups> groups;
    float error = 0.0F;
  };

  static bool is_finite(const Choice& choice) {
    return std::isfinite(f32_from_f16(choice.scale)) && std::isfinite(f32_from_f16(choice.minimum));
  }

  static float quantum(float x, float scale, float minimum) {
    return nearest_level<WholeLevels<0, kTop>>(x + minimum, scale);
  }

  // The error of a group with these, and in `best_minimum` the minimum that least squares would
  // take for the same q.
  static float group_error(const float* x, const float* w, float scale, float minimum,
                           float* best_minimum) {
    const float inverse = scale == 0.0F ? 0.0F : 1.0F / scale;
    FloatLanes weight = {};
    FloatLanes weighted = {};
    FloatLanes total = {};
    for (int i = 0; i < kGroupSize; i += kQuantizeLanes) {
      FloatLanes values;
      FloatLanes weights;
      load(x + i, values);
      load(w + i, weights);
      FloatLanes q = (values + minimum) * inverse;
      round_within(0.0F, static_cast<float>(kTop), q);
      const FloatLanes rest = values - q * scale;
      const FloatLanes error = rest + minimum;
      weight += weights;
      weighted += weights * rest;
      total += weights * error * error;
    }
    *best_minimum = -sum(weighted) / sum(weight);
    return sum(total);
  }

  static int nearest_step(float value, float unit) {
    return static_cast<int>(nearest_level<WholeLevels<0, kScaleTop>>(value, unit));
  }

  // The best s near the group's own fit, each with two choices of m.
  float choose_group(int g, float scale, float minimum, ScaleMin* chosen) const {
    const float* x = x_ + g * kGroupSize;
    const float* w = w_ + g * kGroupSize;
    const int near = nearest_step(fits_[g].scale, scale);
    float best = -1.0F;
    for (int s = near > 0 ? near - 1 : 0; s <= near + 1 && s <= kScaleTop; ++s) {
      int m = nearest_step(-fits_[g].minimum, minimum);
      for (int turn = 0; turn < 3; ++turn) {
        float solved = 0.0F;
        const float error = group_error(x, w, scale * static_cast<float>(s),
                                        minimum * static_cast<float>(m), &solved);
        if (best < 0.0F || error < best) {
          best = error;
          *chosen = {s, m};
        }
        const int next = nearest_step(solved, minimum);
        if (next == m) break;
        m = next;
      }
    }
    return best;
  }

  Choice choose(uint16_t scale, uint16_t minimum) const {
    Choice choice;
    choice.scale = scale;
    choice.minimum = minimum;
    if (!is_finite(choice)) return choice;
    for (int g = 0; g < kNumGroups; ++g) {
      choice.error += choose_group(g, f32_from_f16(choice.scale), f32_from_f16(choice.minimum),
                                   &choice.groups[g]);
    }
    return choice;
  }

  // The scale and minimum that are best for the levels of `choice`: x is about
  // scale * (s q) - minimum * m.
  Choice choose_solved(const Choice& choice) const {
    double ww_ss = 0.0;
    double ww_sm = 0.0;
    double ww_mm = 0.0;
    double ww_sx = 0.0;
    double ww_mx = 0.0;
    for (int i = 0; i < kSuperBlock; ++i) {
      const ScaleMin& group = choice.groups[i / kGroupSize];
      const auto s = static_cast<float>(group.scale);
      const auto m = static_cast<float>(group.minimum);
      const float q =
          quantum(x_[i], f32_from_f16(choice.scale) * s, f32_from_f16(choice.minimum) * m);
      const double weight = static_cast<double>(w_[i]);
      const double a = static_cast<double>(s * q);
      ww_ss += weight * a * a;
      ww_sm += weight * a * static_cast<double>(m);
      ww_mm += weight * static_cast<double>(m * m);
      ww_sx += weight * a * static_cast<double>(x_[i]);
      ww_mx += weight * static_cast<double>(m * x_[i]);
    }
    const double determinant = ww_ss * ww_mm - ww_sm * ww_sm;
    if (determinant > 1e-12 * ww_ss * ww_mm) {
      const double scale = (ww_sx * ww_mm - ww_mx * ww_sm) / determinant;
      const double minimum = (ww_sx * ww_sm - ww_mx * ww_ss) / determinant;
      if (scale > 0.0 && minimum >= 0.0) {
        return choose(f16_from_f32(static_cast<float>(scale)),
                      f16_from_f32(static_cast<float>(minimum)));
      }
    }
    if (ww_ss > 0.0 && ww_mm == 0.0 && ww_sx > 0.0) {
      return choose(f16_from_f32(static_cast<float>(ww_sx / ww_ss)), 0);
    }
    return choice;
  }

  const float* x_;
  const float* w_;
  std::array<AffineFit, kNumGroups> fits_;
  Choice best_;
};

// The inverse of unpack_scale_min, for all eight groups.
template <typename SuperBlock>
std::array<uint8_t, 12> pack_scales(const SuperBlock& fit) {
  std::array<uint8_t, 12> packed = {};
  for (int g = 0; g < 4; ++g) {
    packed[g] = static_cast<uint8_t>(fit.group_scale(g) | fit.group_scale(g + 4) >> 4 << 6);
    packed[g + 4] = static_cast<uint8_t>(fit.group_minimum(g) | fit.group_minimum(g + 4) >> 4 << 6);
    packed[g + 8] =
        static_cast<uint8_t>((fit.group_scale(g + 4) & 15) | (fit.group_minimum(g + 4) & 15) << 4);
  }
  return packed;
}

}  // namespace

bool encode_block(const float* x, const float* w, BlockQ2_K* block) {
  const AffineSuperBlock<16, 3, 15> fit(x, w);
  block->scale = fit.scale();
  block->minimum = fit.minimum();
  for (int g = 0; g < 16; ++g) {
    block->scales[g] = static_cast<uint8_t>(fit.group_scale(g) | fit.group_minimum(g) << 4);
  }
  const auto quanta = fit.quanta();
  for (int i = 0; i < 64; ++i) {
    const uint8_t* q = quanta.data() + i / 32 * 128 + i % 32;
    block->quanta[i] = static_cast<uint8_t>(q[0] | q[32] << 2 | q[64] << 4 | q[96] << 6);
  }
  return fit.fits_f16();
}

bool encode_block(const float* x, const float* w, BlockQ4_K* block) {
  const AffineSuperBlock<32, 15, 63> fit(x, w);
  block->scale = fit.scale();
  block->minimum = fit.minimum();
  block->scales = pack_scales(fit);
  const auto quanta = fit.quanta();
  for (int i = 0; i < 128; ++i) {
    const uint8_t* q = quanta.data() + i / 32 * 64 + i % 32;
    block->quanta[i] = static_cast<uint8_t>(q[0] | q[32] << 4);
  }
  return fit.fits_f16();
}

bool encode_block(const float* x, const float* w, BlockQ5_K* block) {
  const AffineSuperBlock<32, 31, 63> fit(x, w);
  block->scale = fit.scale();
  block->minimum = fit.minimum();
  block->scales = pack_scales(fit);
  const auto quanta = fit.quanta();
  for (int i = 0; i < 128; ++i) {
    const uint8_t* q = quanta.data() + i / 32 * 64 + i % 32;
    block->quanta[i] = static_cast<uint8_t>((q[0] & 15) | (q[32] & 15) << 4);
  }
  block->high_bits = {};
  for (int i = 0; i < kSuperBlock; ++i) {
    block->high_bits[i % 32] =
        static_cast<uint8_t>(block->high_bits[i % 32] | quanta[i] >> 4 << i / 32);
  }
  return fit.fits_f16();
}

}  // namespace ganglion
