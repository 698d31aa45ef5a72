// The most that NEON can do. On bytes what the kernels use: products of 16 bits, added in pairs.
#include <arm_neon.h>

#include "kernels/peak_inl.h"

namespace ganglion {
namespace {

struct StepS8 {
  using Vector = int32x4_t;
  static constexpr uint64_t kOperations = 16;
  static Vector multiply_add(Vector sum) {
    // Behind the barrier it is unknown, or the compiler would multiply once and for all.
    int8x8_t a = vdup_n_s8(3);
    asm volatile("" : "+w"(a));
    return vpadalq_s16(sum, vmull_s8(a, a));
  }
  static void keep(Vector& sum) { asm volatile("" : "+w"(sum)); }
};

struct StepF32 {
  using Vector = float32x4_t;
  static constexpr uint64_t kOperations = 8;
  static Vector multiply_add(Vector sum) {
    return vfmaq_f32(vdupq_n_f32(1.0F), sum, vdupq_n_f32(0.5F));
  }
  static void keep(Vector& sum) { asm volatile("" : "+w"(sum)); }
};

struct Load {
  using Vector = uint8x16_t;
  static Vector load(const std::byte* bytes) {
    return vld1q_u8(reinterpret_cast<const uint8_t*>(bytes));
  }
  static Vector merge(Vector a, Vector b) { return vorrq_u8(a, b); }
  static void keep(Vector& sum) { asm volatile("" : "+w"(sum)); }
};

}  // namespace

PeakLoops neon_peak_loops() {
  return {.multiply_s8 = peak_multiply<StepS8>,
          .multiply_f32 = peak_multiply<StepF32>,
          .read = peak_read<Load>};
}

}  // namespace ganglion
