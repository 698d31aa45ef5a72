// The blocks of GGUF's quantised types, byte for byte as they lie in the file.
// Source: ggml (ggml-common.h, the block_* structs). F16 fields are bit patterns
// (tensor/half.h). Packed, so that a block may start at any address.
#pragma once

#include <array>
#include <cstdint>

namespace ganglion {

inline constexpr int kSmallBlock = 32;   // elements of the simple types
inline constexpr int kSuperBlock = 256;  // elements of the K types and IQ4_XS

// NOLINTBEGIN(readability-identifier-naming): the types' own names

// Q4_0: (q - 8) * scale. Byte j holds element j in its low half, element j + 16 in its high half.
struct [[gnu::packed]] BlockQ4_0 {
  uint16_t scale;  // F16
  std::array<uint8_t, 16> quanta;
};
static_assert(sizeof(BlockQ4_0) == 18);

// Q4_1: q * scale + minimum; bytes as in Q4_0.
struct [[gnu::packed]] BlockQ4_1 {
  uint16_t scale;    // F16
  uint16_t minimum;  // F16
  std::array<uint8_t, 16> quanta;
};
static_assert(sizeof(BlockQ4_1) == 20);

// Q5_0: (q - 16) * scale. Bit j of the little-endian high bits is the fifth of element j.
struct [[gnu::packed]] BlockQ5_0 {
  uint16_t scale;  // F16
  uint32_t high_bits;
  std::array<uint8_t, 16> quanta;
};
static_assert(sizeof(BlockQ5_0) == 22);

// Q5_1: q * scale + minimum; bits as in Q5_0.
struct [[gnu::packed]] BlockQ5_1 {
  uint16_t scale;    // F16
  uint16_t minimum;  // F16
  uint32_t high_bits;
  std::array<uint8_t, 16> quanta;
};
static_assert(sizeof(BlockQ5_1) == 24);

struct [[gnu::packed]] BlockQ8_0 {
  uint16_t scale;  // F16
  std::array<int8_t, 32> quanta;
};
static_assert(sizeof(BlockQ8_0) == 34);

// Q2_K: 16 groups of 16. Group i is q * (scale * s) - (minimum * m), s and m the low and high half
// of scales[i]. Byte l of the half h holds elements 128 h + l + 32 p in the bit pairs p = 0..3.
struct [[gnu::packed]] BlockQ2_K {
  std::array<uint8_t, 16> scales;
  std::array<uint8_t, 64> quanta;
  uint16_t scale;    // F16
  uint16_t minimum;  // F16
};
static_assert(sizeof(BlockQ2_K) == 84);

// Q3_K: 16 groups of 16: (q - 4) * (scale * (s - 32)). Low bit pairs as in Q2_K; the third bit of
// element 32 b + l is bit b of high_bits[l]. The 6-bit s: unpack_q3_k_scale.
struct [[gnu::packed]] BlockQ3_K {
  std::array<uint8_t, 32> high_bits;
  std::array<uint8_t, 64> quanta;
  std::array<uint8_t, 12> scales;
  uint16_t scale;  // F16
};
static_assert(sizeof(BlockQ3_K) == 110);

// Q4_K: 8 groups of 32: q * (scale * s) - (minimum * m). Byte l of quarter j holds element
// 64 j + l in its low half and 64 j + 32 + l in its high half. The 6-bit s and m:
// unpack_scale_min.
struct [[gnu::packed]] BlockQ4_K {
  uint16_t scale;    // F16
  uint16_t minimum;  // F16
  std::array<uint8_t, 12> scales;
  std::array<uint8_t, 128> quanta;
};
static_assert(sizeof(BlockQ4_K) == 144);

// Q5_K: as Q4_K, and bit g of high_bits[l] is the fifth of element l of group g.
struct [[gnu::packed]] BlockQ5_K {
  uint16_t scale;    // F16
  uint16_t minimum;  // F16
  std::array<uint8_t, 12> scales;
  std::array<uint8_t, 32> high_bits;
  std::array<uint8_t, 128> quanta;
};
static_assert(sizeof(BlockQ5_K) == 176);

// Q6_K: 16 groups of 16: (q - 32) * (scale * s). Half h, element 32 p + l of it: four low bits in
// byte 64 h + l + 32 (p % 2), its half p / 2; two high bits in pair p of high_bits[32 h + l].
struct [[gnu::packed]] BlockQ6_K {
  std::array<uint8_t, 128> quanta;
  std::array<uint8_t, 64> high_bits;
  std::array<int8_t, 16> scales;
  uint16_t scale;  // F16
};
static_assert(sizeof(BlockQ6_K) == 210);

// IQ4_NL: kIq4Values[q] * scale; bytes as in Q4_0.
struct [[gnu::packed]] BlockIQ4_NL {
  uint16_t scale;  // F16
  std::array<uint8_t, 16> quanta;
};
static_assert(sizeof(BlockIQ4_NL) == 18);

// IQ4_XS: 8 groups of 32, each as in IQ4_NL with the scale (scale * (s - 32)): four low bits of s
// in half g % 2 of low_scales[g / 2], two high bits in pair g of high_scales.
struct [[gnu::packed]] BlockIQ4_XS {
  uint16_t scale;  // F16
  uint16_t high_scales;
  std::array<uint8_t, 4> low_scales;
  std::array<uint8_t, 128> quanta;
};
static_assert(sizeof(BlockIQ4_XS) == 136);

// NOLINTEND(readability-identifier-naming)

// The sixteen levels of IQ4_NL and IQ4_XS (ggml-common.h, kvalues_iq4nl).
inline constexpr std::array<int8_t, 16> kIq4Values = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                      1,    13,   25,  38,  53,  69,  89,  113};

struct ScaleMin {
  int scale;    // 0 to 63
  int minimum;  // 0 to 63
};

// Group 0 to 7 of Q4_K and Q5_K: groups 0 to 3 lie in the low six bits of bytes 0 to 3 (scales) and
// 4 to 7 (minima); the others' low four bits in bytes 8 to 11, their high two bits above the
// former.
[[gnu::always_inline]] inline ScaleMin unpack_scale_min(const std::array<uint8_t, 12>& packed,
                                                        int group) {
  if (group < 4) return {packed[group] & 63, packed[group + 4] & 63};
  return {(packed[group + 4] & 15) | packed[group - 4] >> 6 << 4,
          packed[group + 4] >> 4 | packed[group] >> 6 << 4};
}

// Group 0 to 15 of Q3_K, 0 to 63: low four bits in half group / 8 of byte group % 8, high two bits
// in pair group / 4 of byte 8 + group % 4.
[[gnu::always_inline]] inline int unpack_q3_k_scale(const BlockQ3_K& block, int group) {
  const int low = block.scales[group % 8] >> group / 8 * 4 & 15;
  const int high = block.scales[8 + group % 4] >> group / 4 * 2 & 3;
  return low | high << 4;
}

}  // namespace ganglion
