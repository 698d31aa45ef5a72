// Sixteen floats in NEON. The same operations, with the same bits, as in avx2/ and avx512/.
#pragma once

#include <arm_neon.h>

#include <cstdint>
#include <cstring>

#include "tensor/half.h"

namespace ganglion::neon {

struct Lanes {
  float32x4_t v[4];

  static bool has_dot() { return false; }  // the instruction is not on every machine

  struct Words {  // sixteen integers, pairs of bfloats or quads of bytes
    uint32x4_t v[4];
  };
  static Words load_words(const void* x) {
    const auto* bytes = static_cast<const uint8_t*>(x);
    Words words;
    for (int i = 0; i < 4; ++i) words.v[i] = vreinterpretq_u32_u8(vld1q_u8(bytes + 16 * i));
    return words;
  }
  static Words broadcast_int(int32_t x) {
    const uint32x4_t all = vreinterpretq_u32_s32(vdupq_n_s32(x));
    return {{all, all, all, all}};
  }
  static Words broadcast_word(const void* x) {
    int32_t word = 0;
    std::memcpy(&word, x, sizeof(word));
    return broadcast_int(word);
  }

  static Lanes to_float(Words integers) {
    Lanes floats;
    for (int i = 0; i < 4; ++i) {
      floats.v[i] = vcvtq_f32_s32(vreinterpretq_s32_u32(integers.v[i]));
    }
    return floats;
  }
  // sums plus the four products of unsigned bytes of a with signed ones of b.
  static Words add_quads(Words sums, Words a, Words b) {
    const auto product = [](uint8x8_t x, int8x8_t y) {  // of two quads, in pairs
      const int16x8_t wide_x = vreinterpretq_s16_u16(vmovl_u8(x));
      const int16x8_t wide_y = vmovl_s8(y);
      return vpaddq_s32(vmull_s16(vget_low_s16(wide_x), vget_low_s16(wide_y)),
                        vmull_high_s16(wide_x, wide_y));
    };
    for (int i = 0; i < 4; ++i) {
      const uint8x16_t x = vreinterpretq_u8_u32(a.v[i]);
      const int8x16_t y = vreinterpretq_s8_u32(b.v[i]);
      const int32x4_t four = vpaddq_s32(product(vget_low_u8(x), vget_low_s8(y)),
                                        product(vget_high_u8(x), vget_high_s8(y)));
      sums.v[i] = vaddq_u32(sums.v[i], vreinterpretq_u32_s32(four));
    }
    return sums;
  }

  static Lanes load(const float* x) {
    return {{vld1q_f32(x), vld1q_f32(x + 4), vld1q_f32(x + 8), vld1q_f32(x + 12)}};
  }
  static Lanes broadcast(float x) {
    const float32x4_t all = vdupq_n_f32(x);
    return {{all, all, all, all}};
  }
  void store(float* x) const {
    for (int i = 0; i < 4; ++i) vst1q_f32(x + 4 * i, v[i]);
  }

  friend Lanes operator+(Lanes a, Lanes b) {
    for (int i = 0; i < 4; ++i) a.v[i] = vaddq_f32(a.v[i], b.v[i]);
    return a;
  }
  friend Lanes operator-(Lanes a, Lanes b) {
    for (int i = 0; i < 4; ++i) a.v[i] = vsubq_f32(a.v[i], b.v[i]);
    return a;
  }
  friend Lanes operator*(Lanes a, Lanes b) {
    for (int i = 0; i < 4; ++i) a.v[i] = vmulq_f32(a.v[i], b.v[i]);
    return a;
  }
  friend Lanes operator/(Lanes a, Lanes b) {
    for (int i = 0; i < 4; ++i) a.v[i] = vdivq_f32(a.v[i], b.v[i]);
    return a;
  }
};

// a * b + c, rounded once.
inline Lanes fma(Lanes a, Lanes b, Lanes c) {
  for (int i = 0; i < 4; ++i) c.v[i] = vfmaq_f32(c.v[i], a.v[i], b.v[i]);
  return c;
}
inline Lanes max(Lanes a, Lanes b) {
  for (int i = 0; i < 4; ++i) a.v[i] = vmaxq_f32(a.v[i], b.v[i]);
  return a;
}
inline Lanes min(Lanes a, Lanes b) {
  for (int i = 0; i < 4; ++i) a.v[i] = vminq_f32(a.v[i], b.v[i]);
  return a;
}
inline Lanes round_to_even(Lanes a) {
  for (int i = 0; i < 4; ++i) a.v[i] = vrndnq_f32(a.v[i]);
  return a;
}
// 2^n for whole n from -126 to 127.
inline Lanes power_of_two(Lanes n) {
  for (int i = 0; i < 4; ++i) {
    const int32x4_t exponent = vaddq_s32(vcvtnq_s32_f32(n.v[i]), vdupq_n_s32(127));
    n.v[i] = vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23));
  }
  return n;
}
// p * 2^n, where p and the product are normal, of n + 1.5 * 2^23.
inline Lanes add_to_exponent(Lanes p, Lanes n) {
  for (int i = 0; i < 4; ++i) {
    const int32x4_t exponent = vshlq_n_s32(vreinterpretq_s32_f32(n.v[i]), 23);
    p.v[i] = vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p.v[i]), exponent));
  }
  return p;
}
// a > b ? x : y.
inline Lanes select_greater(Lanes a, Lanes b, Lanes x, Lanes y) {
  for (int i = 0; i < 4; ++i) x.v[i] = vbslq_f32(vcgtq_f32(a.v[i], b.v[i]), x.v[i], y.v[i]);
  return x;
}
inline float first(Lanes a) { return vgetq_lane_f32(a.v[0], 0); }
// Lane i and lane i + 8, of these lane i and i + 4, and so on.
inline float sum(Lanes a) {
  const float32x4_t four = vaddq_f32(vaddq_f32(a.v[0], a.v[2]), vaddq_f32(a.v[1], a.v[3]));
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
inline float largest(Lanes a) {
  return vmaxvq_f32(vmaxq_f32(vmaxq_f32(a.v[0], a.v[1]), vmaxq_f32(a.v[2], a.v[3])));
}
// Lanes rounded to even, plus `shift`, as bytes; what lies outside 0 to 255 becomes the nearer.
inline void store_bytes(Lanes a, int shift, unsigned char* out) {
  uint16x4_t words[4];
  for (int i = 0; i < 4; ++i) {
    words[i] = vqmovun_s32(vaddq_s32(vcvtnq_s32_f32(a.v[i]), vdupq_n_s32(shift)));
  }
  vst1q_u8(out, vcombine_u8(vqmovn_u16(vcombine_u16(words[0], words[1])),
                            vqmovn_u16(vcombine_u16(words[2], words[3]))));
}
// Sixty-four values from 0 to 255, rounded to even.
inline void store_bytes(const Lanes (&a)[4], uint8_t* out) {
  for (int i = 0; i < 4; ++i) store_bytes(a[i], 0, out + 16 * i);
}

inline float32x4_t odd_floats(uint32x4_t pairs) {
  return vreinterpretq_f32_u32(vandq_u32(pairs, vdupq_n_u32(0xFFFF0000U)));
}
inline float32x4_t even_floats(uint32x4_t pairs) {
  return vreinterpretq_f32_u32(vshlq_n_u32(pairs, 16));
}
// sum plus the products of the pairs and of the pair at `a`, the second ones first.
template <bool kHasDot>
inline Lanes add_pairs(Lanes sum, Lanes::Words pairs, const uint16_t* a) {
  const float odd = f32_from_bf16(a[1]);
  const float even = f32_from_bf16(a[0]);
  for (int i = 0; i < 4; ++i) {
    sum.v[i] = vfmaq_n_f32(sum.v[i], odd_floats(pairs.v[i]), odd);
    sum.v[i] = vfmaq_n_f32(sum.v[i], even_floats(pairs.v[i]), even);
  }
  return sum;
}

}  // namespace ganglion::neon
