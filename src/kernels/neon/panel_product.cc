// Four rows a vector, for every aarch64 machine: smull and sadalp, not the dot products that only
// newer ones have. Codes are taken as signed bytes; those of 8 bits less 128, their zero point.
#include "kernels/neon/panel_product.h"

#include <arm_neon.h>

#include <array>
#include <utility>

#include "kernels/neon/lanes.h"
#include "kernels/panel_product_inl.h"
#include "kernels/quantize_activations_inl.h"
#include "tensor/block_layouts.h"
#include "tensor/half.h"

namespace ganglion::neon {
namespace {

struct Vector : QuantizationByGroups<Vector> {
  static constexpr size_t kLanes = 4;
  static constexpr size_t kTileVectors = 1;
  static constexpr size_t kUnpackedRows = 0;
  static constexpr size_t kTileRows = 4;
  static constexpr size_t kSideBySide = neon::kSideBySide;
  static constexpr size_t kFloatTileRows = 8;
  static constexpr bool kIsDirect = true;
  static constexpr bool kTakesSignedCodes = true;
  using Bytes = uint8x16_t;
  using Ints = int32x4_t;
  using Floats = float32x4_t;

  static Bytes load_bytes(const std::byte* x) {
    return vld1q_u8(reinterpret_cast<const uint8_t*>(x));
  }
  static void store_bytes(Bytes x, std::byte* out) { vst1q_u8(reinterpret_cast<uint8_t*>(out), x); }
  static Bytes and_mask(Bytes x, int mask) {
    return vandq_u8(x, vdupq_n_u8(static_cast<uint8_t>(mask)));
  }
  template <int kBits>
  static Bytes shift_right(Bytes x) {
    return vshrq_n_u8(x, kBits);
  }
  template <int kBits>
  static Bytes shift_left(Bytes x) {
    return vshlq_n_u8(x, kBits);
  }
  // x | (y & mask).
  static Bytes or_masked(Bytes x, Bytes y, int mask) { return vorrq_u8(x, and_mask(y, mask)); }
  static Bytes look_up_levels(Bytes codes) {
    const uint8x16_t levels = vreinterpretq_u8_s8(vld1q_s8(kIq4Values.data()));
    return vqtbl1q_u8(veorq_u8(levels, vdupq_n_u8(0x80)), codes);
  }
  static Bytes flip_signs(Bytes codes) { return veorq_u8(codes, vdupq_n_u8(0x80)); }

  static Ints zero_ints() { return vdupq_n_s32(0); }
  static Ints broadcast_int(int32_t x) { return vdupq_n_s32(x); }
  template <int kBits>
  static Ints scale_int(Ints x) {
    return vshlq_n_s32(x, kBits);
  }
  static Bytes broadcast_step(const int8_t* step) {
    uint32_t four = 0;
    std::memcpy(&four, step, sizeof(four));
    return vreinterpretq_u8_u32(vdupq_n_u32(four));
  }
  // Pairs of products fit 16 bits: 128 * 127 * 2 < 2^15.
  static Ints add_products(Ints sum, Bytes codes, Bytes step) {
    const int8x16_t weights = vreinterpretq_s8_u8(codes);
    const int8x16_t activations = vreinterpretq_s8_u8(step);
    const int16x8_t low = vmull_s8(vget_low_s8(weights), vget_low_s8(activations));
    const int16x8_t high = vmull_high_s8(weights, activations);
    return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
  }

  static Floats zero() { return vdupq_n_f32(0.0F); }
  static Floats to_float(Ints x) { return vcvtq_f32_s32(x); }
  static Floats load(const float* x) { return vld1q_f32(x); }
  static void store(Floats x, float* out) { vst1q_f32(out, x); }
  static Floats broadcast(float x) { return vdupq_n_f32(x); }
  static Floats add(Floats a, Floats b) { return vaddq_f32(a, b); }
  static Floats multiply(Floats a, Floats b) { return vmulq_f32(a, b); }
  static Floats multiply_add(Floats a, Floats b, Floats c) { return vfmaq_f32(c, a, b); }
  static Floats load_halves(const std::byte* x) {
    const uint16x4_t bits = vld1_u16(reinterpret_cast<const uint16_t*>(x));
    return vcvt_f32_f16(vreinterpret_f16_u16(bits));
  }
  static Floats load_factors(const std::byte* x) {
    int32_t four = 0;
    std::memcpy(&four, x, sizeof(four));
    const int8x8_t factors = vreinterpret_s8_s32(vdup_n_s32(four));
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(factors))));
  }

  static bool has_dot() { return false; }
  // Adds the products of two inputs, of which `a` points to the first; the second one's first.
  template <bool kHasDot>
  static Floats add_pair(Floats sum, Bytes weights, const uint16_t* a) {
    const float32x4_t odd = odd_floats(vreinterpretq_u32_u8(weights));
    const float32x4_t even = even_floats(vreinterpretq_u32_u8(weights));
    sum = vfmaq_n_f32(sum, odd, f32_from_bf16(a[1]));
    return vfmaq_n_f32(sum, even, f32_from_bf16(a[0]));
  }

  static float largest_magnitude(const float* x) {
    float32x4_t largest = vdupq_n_f32(0.0F);
    for (size_t i = 0; i < kGroupInputs; i += kLanes) {
      largest = vmaxq_f32(largest, vabsq_f32(vld1q_f32(x + i)));
    }
    return vmaxvq_f32(largest);
  }
  static void quantize16(const float* x, float inverse, int8_t* q) {
    for (size_t i = 0; i < 16; i += kLanes) {
      const float32x4_t values = vld1q_f32(x + i);
      const uint32x4_t is_finite =
          vcleq_f32(vabsq_f32(values), vdupq_n_f32(std::numeric_limits<float>::max()));
      const int32x4_t rounded =
          vbslq_s32(is_finite, vcvtnq_s32_f32(vmulq_n_f32(values, inverse)), vdupq_n_s32(-128));
      const int16x4_t words = vqmovn_s32(rounded);
      const int8x8_t bytes = vqmovn_s16(vcombine_s16(words, words));
      vst1_lane_s32(reinterpret_cast<int32_t*>(q + i), vreinterpret_s32_s8(bytes), 0);
    }
  }
};

}  // namespace

void quantize_activations(const float* x, size_t size, size_t scaled_groups,
                          const QuantizedRow& row) {
  ActivationQuantization<Vector>::quantize(x, size, scaled_groups, row);
}

void round_to_bf16(const float* x, size_t size, uint16_t* out) {
  ActivationQuantization<Vector>::round_to_bf16(x, size, out);
}

void multiply_panels(const PanelProduct& product) { PanelProducts<Vector>::multiply(product); }

}  // namespace ganglion::neon
