// The 16-bit floating-point formats: IEEE 754 binary16 (F16) and bfloat16 (BF16).
// Always inlined: files compiled for a newer instruction set must not lend their copies to others.
#pragma once

#include <bit>
#include <cstdint>

namespace ganglion {

// Exact, for every value. Free of branches, so that loops over it become vector code: shifted into
// a float's place, every finite number is 2^-112 times too small.
[[gnu::always_inline]] inline float f32_from_f16(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000U) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(half & 0x7FFFU) << 13;
  const uint32_t not_finite = magnitude >= 0x0F800000U ? 0x7F800000U : 0U;
  const auto scaled = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112F);
  return std::bit_cast<float>(scaled | not_finite | sign);
}

[[gnu::always_inline]] inline float f32_from_bf16(uint16_t bfloat) {
  return std::bit_cast<float>(static_cast<uint32_t>(bfloat) << 16);
}

// Rounded to nearest, ties to even; beyond 65504 infinity, NaN a quiet NaN.
[[gnu::always_inline]] inline uint16_t f16_from_f32(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000U;
  const uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<uint16_t>(sign | 0x7E00U);
  if (magnitude >= 0x47800000U) return static_cast<uint16_t>(sign | 0x7C00U);  // 65536 and more
  if (magnitude < 0x38800000U) {  // below 2^-14: adding 0.5 rounds to units of 2^-24
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3F000000U));
  }
  const uint32_t rounded = magnitude + 0xFFFU + (magnitude >> 13 & 1U);  // may carry to infinity
  return static_cast<uint16_t>(sign | ((rounded >> 13) - (112U << 10)));
}

// Rounded to nearest, ties to even; NaN a quiet NaN with the same upper bits.
[[gnu::always_inline]] inline uint16_t bf16_from_f32(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<uint16_t>(bits >> 16 | 0x40U);
  return static_cast<uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}

}  // namespace ganglion
