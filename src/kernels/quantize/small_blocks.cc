// The types with 32 values a block: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL.
#include "kernels/quantize/block_encoders.h"
#include "kernels/quantize/least_squares.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

constexpr uint16_t kF16Infinity = 0x7C00;

bool is_finite_f16(uint16_t half) { return (half & kF16Infinity) != kF16Infinity; }

struct ScaledQuanta {
  uint16_t scale = 0;                          // F16
  std::array<float, kSmallBlock> levels = {};  // as Levels::round gives them
};

template <typename Levels>
ScaledQuanta quantize_scaled(const float* x, const float* w) {
  ScaledQuanta out;
  out.scale = f16_from_f32(fit_scale<kSmallBlock, Levels>(x, w));
  const float scale = f32_from_f16(out.scale);
  for (int i = 0; i < kSmallBlock; ++i) out.levels[i] = nearest_level<Levels>(x[i], scale);
  return out;
}

struct AffineQuanta {
  uint16_t scale = 0;    // F16
  uint16_t minimum = 0;  // F16
  std::array<int, kSmallBlock> q = {};
};

template <int kTop>
AffineQuanta quantize_affine(const float* x, const float* w) {
  const AffineFit fit = fit_affine<kSmallBlock, kTop>(x, w, /*any_minimum=*/true);
  AffineQuanta out;
  out.scale = f16_from_f32(fit.scale);
  out.minimum = f16_from_f32(fit.minimum);
  const float scale = f32_from_f16(out.scale);
  const float minimum = f32_from_f16(out.minimum);
  for (int i = 0; i < kSmallBlock; ++i) {
    out.q[i] = static_cast<int>(nearest_level<WholeLevels<0, kTop>>(x[i] - minimum, scale));
  }
  return out;
}

template <typename QuantumAt>
void pack_halves(std::array<uint8_t, 16>* bytes, const QuantumAt& quantum_at) {
  for (int i = 0; i < 16; ++i) {
    (*bytes)[i] = static_cast<uint8_t>((quantum_at(i) & 15) | (quantum_at(i + 16) & 15) << 4);
  }
}

template <typename QuantumAt>
uint32_t fifth_bits(const QuantumAt& quantum_at) {
  uint32_t bits = 0;
  for (int i = 0; i < kSmallBlock; ++i) bits |= static_cast<uint32_t>(quantum_at(i) >> 4 & 1) << i;
  return bits;
}

}  // namespace

bool encode_block(const float* x, const float* w, BlockQ4_0* block) {
  const auto out = quantize_scaled<WholeLevels<-8, 7>>(x, w);
  block->scale = out.scale;
  pack_halves(&block->quanta, [&](int i) { return static_cast<int>(out.levels[i]) + 8; });
  return is_finite_f16(out.scale);
}

bool encode_block(const float* x, const float* w, BlockQ4_1* block) {
  const auto out = quantize_affine<15>(x, w);
  block->scale = out.scale;
  block->minimum = out.minimum;
  pack_halves(&block->quanta, [&](int i) { return out.q[i]; });
  return is_finite_f16(out.scale) && is_finite_f16(out.minimum);
}

bool encode_block(const float* x, const float* w, BlockQ5_0* block) {
  const auto out = quantize_scaled<WholeLevels<-16, 15>>(x, w);
  const auto quantum_at = [&](int i) { return static_cast<int>(out.levels[i]) + 16; };
  block->scale = out.scale;
  block->high_bits = fifth_bits(quantum_at);
  pack_halves(&block->quanta, quantum_at);
  return is_finite_f16(out.scale);
}

bool encode_block(const float* x, const float* w, BlockQ5_1* block) {
  const auto out = quantize_affine<31>(x, w);
  const auto quantum_at = [&](int i) { return out.q[i]; };
  block->scale = out.scale;
  block->minimum = out.minimum;
  block->high_bits = fifth_bits(quantum_at);
  pack_halves(&block->quanta, quantum_at);
  return is_finite_f16(out.scale) && is_finite_f16(out.minimum);
}

bool encode_block(const float* x, const float* w, BlockQ8_0* block) {
  // -128 is left out, as in ggml: some kernels negate quanta.
  const auto out = quantize_scaled<WholeLevels<-127, 127>>(x, w);
  block->scale = out.scale;
  for (int i = 0; i < kSmallBlock; ++i) block->quanta[i] = static_cast<int8_t>(out.levels[i]);
  return is_finite_f16(out.scale);
}

bool encode_block(const float* x, const float* w, BlockIQ4_NL* block) {
  const auto out = quantize_scaled<Iq4Levels>(x, w);
  block->scale = out.scale;
  pack_halves(&block->quanta, [&](int i) { return index_of_iq4_level(out.levels[i]); });
  return is_finite_f16(out.scale);
}

}  // namespace ganglion
