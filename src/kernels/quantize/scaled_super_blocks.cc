// The super-blocks without minima: Q3_K, Q6_K, IQ4_XS. Each group is level * (scale * s), with the
// scale shared by the super-block and s a small signed number.
#include "kernels/quantize/block_encoders.h"
#include "kernels/quantize/least_squares.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

// s goes from kScaleLow to -kScaleLow - 1.
template <int kGroupSize, typename Levels, int kScaleLow>
class ScaledSuperBlock {
 public:
  static constexpr int kNumGroups = kSuperBlock / kGroupSize;

  ScaledSuperBlock(const float* x, const float* w) : x_(x), w_(w) {
    float extreme = 0.0F;
    for (int g = 0; g < kNumGroups; ++g) {
      fits_[g] = fit_scale<kGroupSize, Levels>(x + g * kGroupSize, w + g * kGroupSize);
      if (std::fabs(fits_[g]) > std::fabs(extreme)) extreme = fits_[g];
    }
    best_ = choose(f16_away_from_zero(extreme / static_cast<float>(kScaleLow)));
    for (int i = 0; i < 3 && fits_f16(); ++i) {
      const Choice next = choose(f16_from_f32(solve(best_)));
      if (!(next.error < best_.error)) break;
      best_ = next;
    }
  }

  bool fits_f16() const { return std::isfinite(f32_from_f16(best_.scale)); }
  uint16_t scale() const { return best_.scale; }
  int group_scale(int g) const { return best_.groups[g]; }
  // Of element i, as Levels::round gives it.
  float level(int i) const { return level_of(best_, i); }

 private:
  struct Choice {
    uint16_t scale = 0;  // F16
    std::array<int, kNumGroups> groups = {};
    float error = 0.0F;
  };

  float level_of(const Choice& choice, int i) const {
    const float scale =
        f32_from_f16(choice.scale) * static_cast<float>(choice.groups[i / kGroupSize]);
    return nearest_level<Levels>(x_[i], scale);
  }

  // The best s near the group's own fit.
  float choose_group(int g, float scale, int* chosen) const {
    using Scales = WholeLevels<kScaleLow, -kScaleLow - 1>;
    const int near = static_cast<int>(nearest_level<Scales>(fits_[g], scale));
    float best = -1.0F;
    for (int s = near - 1; s <= near + 1; ++s) {
      if (s < kScaleLow || s >= -kScaleLow) continue;
      const float error = scale_error<kGroupSize, Levels>(x_ + g * kGroupSize, w_ + g * kGroupSize,
                                                          scale * static_cast<float>(s));
      if (best >= 0.0F && error >= best) continue;
      best = error;
      *chosen = s;
    }
    return best;
  }

  Choice choose(uint16_t scale) const {
    Choice choice;
    choice.scale = scale;
    const float stored = f32_from_f16(choice.scale);
    if (!std::isfinite(stored)) return choice;
    for (int g = 0; g < kNumGroups; ++g) choice.error += choose_group(g, stored, &choice.groups[g]);
    return choice;
  }

  // The scale that is best for the levels of `choice`.
  float solve(const Choice& choice) const {
    double product = 0.0;
    double square = 0.0;
    for (int i = 0; i < kSuperBlock; ++i) {
      const float level = level_of(choice, i) * static_cast<float>(choice.groups[i / kGroupSize]);
      product += static_cast<double>(w_[i] * level) * static_cast<double>(x_[i]);
      square += static_cast<double>(w_[i] * level) * static_cast<double>(level);
    }
    return square > 0.0 ? static_cast<float>(product / square) : 0.0F;
  }

  const float* x_;
  const float* w_;
  std::array<float, kNumGroups> fits_;
  Choice best_;
};

}  // namespace

bool encode_block(const float* x, const float* w, BlockQ3_K* block) {
  const ScaledSuperBlock<16, WholeLevels<-4, 3>, -32> fit(x, w);
  *block = {};
  block->scale = fit.scale();
  for (int g = 0; g < 16; ++g) {  // the inverse of unpack_q3_k_scale
    const int s = fit.group_scale(g) + 32;
    uint8_t& low = block->scales[g % 8];
    low = static_cast<uint8_t>(low | (s & 15) << g / 8 * 4);
    uint8_t& high = block->scales[8 + g % 4];
    high = static_cast<uint8_t>(high | s >> 4 << g / 4 * 2);
  }
  for (int i = 0; i < kSuperBlock; ++i) {
    const int q = static_cast<int>(fit.level(i)) + 4;
    uint8_t& low = block->quanta[i / 128 * 32 + i % 32];
    low = static_cast<uint8_t>(low | (q & 3) << i % 128 / 32 * 2);
    block->high_bits[i % 32] = static_cast<uint8_t>(block->high_bits[i % 32] | q >> 2 << i / 32);
  }
  return fit.fits_f16();
}

bool encode_block(const float* x, const float* w, BlockQ6_K* block) {
  const ScaledSuperBlock<16, WholeLevels<-32, 31>, -128> fit(x, w);
  *block = {};
  block->scale = fit.scale();
  for (int g = 0; g < 16; ++g) block->scales[g] = static_cast<int8_t>(fit.group_scale(g));
  for (int i = 0; i < kSuperBlock; ++i) {
    const int q = static_cast<int>(fit.level(i)) + 32;
    const int pair = i % 128 / 32;
    uint8_t& low = block->quanta[i / 128 * 64 + pair % 2 * 32 + i % 32];
    low = static_cast<uint8_t>(low | (q & 15) << pair / 2 * 4);
    uint8_t& high = block->high_bits[i / 128 * 32 + i % 32];
    high = static_cast<uint8_t>(high | q >> 4 << pair * 2);
  }
  return fit.fits_f16();
}

bool encode_block(const float* x, const float* w, BlockIQ4_XS* block) {
  const ScaledSuperBlock<32, Iq4Levels, -32> fit(x, w);
  *block = {};
  block->scale = fit.scale();
  for (int g = 0; g < 8; ++g) {
    const int s = fit.group_scale(g) + 32;
    uint8_t& low = block->low_scales[g / 2];
    low = static_cast<uint8_t>(low | (s & 15) << g % 2 * 4);
    block->high_scales = static_cast<uint16_t>(block->high_scales | s >> 4 << 2 * g);
  }
  for (int i = 0; i < kSuperBlock; ++i) {
    uint8_t& byte = block->quanta[i / 32 * 16 + i % 16];
    byte = static_cast<uint8_t>(byte | index_of_iq4_level(fit.level(i)) << i % 32 / 16 * 4);
  }
  return fit.fits_f16();
}

}  // namespace ganglion
