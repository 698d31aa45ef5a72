// Sixteen floats in AVX-512. The same operations, with the same bits, as in avx2/ and neon/.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ganglion::avx512 {

struct Lanes {
  __m512 v;

  // AVX512_BF16, which not all of these machines have.
  static bool has_dot() {
    static const bool kHasDot = __builtin_cpu_supports("avx512bf16") != 0;
    return kHasDot;
  }

  using Pairs = __m512i;  // sixteen pairs of bfloats
  static Pairs load_pairs(const uint16_t* x) { return _mm512_loadu_si512(x); }

  static Lanes load(const float* x) { return {_mm512_loadu_ps(x)}; }
  static Lanes broadcast(float x) { return {_mm512_set1_ps(x)}; }
  void store(float* x) const { _mm512_storeu_ps(x, v); }
  // The first `count` lanes, below 16; the others are `fill`, or not stored.
  static Lanes load_first(const float* x, size_t count, float fill) {
    return {_mm512_mask_loadu_ps(_mm512_set1_ps(fill), first(count), x)};
  }
  void store_first(float* x, size_t count) const { _mm512_mask_storeu_ps(x, first(count), v); }
  static __mmask16 first(size_t count) { return static_cast<__mmask16>((1U << count) - 1U); }

  friend Lanes operator+(Lanes a, Lanes b) { return {_mm512_add_ps(a.v, b.v)}; }
  friend Lanes operator-(Lanes a, Lanes b) { return {_mm512_sub_ps(a.v, b.v)}; }
  friend Lanes operator*(Lanes a, Lanes b) { return {_mm512_mul_ps(a.v, b.v)}; }
  friend Lanes operator/(Lanes a, Lanes b) { return {_mm512_div_ps(a.v, b.v)}; }
};

// a * b + c, rounded once.
inline Lanes fma(Lanes a, Lanes b, Lanes c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline Lanes max(Lanes a, Lanes b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Lanes min(Lanes a, Lanes b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Lanes round_to_even(Lanes a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
// 2^n for whole n from -126 to 127.
inline Lanes power_of_two(Lanes n) {
  const __m512i exponent = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23))};
}
// a > b ? x : y.
inline Lanes select_greater(Lanes a, Lanes b, Lanes x, Lanes y) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ), y.v, x.v)};
}
// Lane i and lane i + 8, of these lane i and i + 4, and so on.
inline float sum(Lanes a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float largest(Lanes a) { return _mm512_reduce_max_ps(a.v); }
// sum plus the products of the pairs and of the pair at `a`, the second ones first. kHasDot: by
// the machine's own instruction.
template <bool kHasDot>
inline Lanes add_pairs(Lanes sum, Lanes::Pairs pairs, const uint16_t* a) {
  int32_t both = 0;
  std::memcpy(&both, a, sizeof(both));
  const __m512i pair = _mm512_set1_epi32(both);
  if constexpr (kHasDot) {
    // Not the intrinsic: it would need the whole file compiled for machines that have it.
    asm("vdpbf16ps %2, %1, %0" : "+v"(sum.v) : "v"(pairs), "v"(pair));
    return sum;
  }
  const auto odd = [](__m512i x) {
    return _mm512_castsi512_ps(
        _mm512_and_si512(x, _mm512_set1_epi32(static_cast<int32_t>(0xFFFF0000U))));
  };
  const auto even = [](__m512i x) { return _mm512_castsi512_ps(_mm512_slli_epi32(x, 16)); };
  return {_mm512_fmadd_ps(even(pairs), even(pair), _mm512_fmadd_ps(odd(pairs), odd(pair), sum.v))};
}
// Lanes rounded to even, plus `shift`, as bytes; what lies outside 0 to 255 becomes the nearer.
inline void store_bytes(Lanes a, int shift, unsigned char* out) {
  const __m512i steps = _mm512_add_epi32(_mm512_cvtps_epi32(a.v), _mm512_set1_epi32(shift));
  const __m512i positive = _mm512_max_epi32(steps, _mm512_setzero_si512());
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtusepi32_epi8(positive));
}

}  // namespace ganglion::avx512
