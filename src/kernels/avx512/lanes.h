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

  using Words = __m512i;  // sixteen integers, pairs of bfloats or quads of bytes
  static Words load_words(const void* x) { return _mm512_loadu_si512(x); }
  static Words broadcast_int(int32_t x) { return _mm512_set1_epi32(x); }
  static Words broadcast_word(const void* x) {
    int32_t word = 0;
    std::memcpy(&word, x, sizeof(word));
    return _mm512_set1_epi32(word);
  }

  static Lanes to_float(Words integers) { return {_mm512_cvtepi32_ps(integers)}; }
  // sums plus the four products of unsigned bytes of a with signed ones of b.
  static Words add_quads(Words sums, Words a, Words b) {
    // Not the intrinsic: GCC 12 would keep the sums on the stack.
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(a), "v"(b));
    return sums;
  }

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
// p * 2^n, where p and the product are normal, of n + 1.5 * 2^23.
inline Lanes add_to_exponent(Lanes p, Lanes n) {
  const __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(n.v), 23);
  return {_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p.v), exponent))};
}
// a > b ? x : y.
inline Lanes select_greater(Lanes a, Lanes b, Lanes x, Lanes y) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ), y.v, x.v)};
}
inline float first(Lanes a) { return _mm512_cvtss_f32(a.v); }
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
inline Lanes add_pairs(Lanes sum, Lanes::Words pairs, const uint16_t* a) {
  const __m512i pair = Lanes::broadcast_word(a);
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
// Sixty-four values from 0 to 255, rounded to even.
inline void store_bytes(const Lanes (&a)[4], uint8_t* out) {
  const __m512i first = _mm512_packus_epi32(_mm512_cvtps_epi32(a[0].v), _mm512_cvtps_epi32(a[1].v));
  const __m512i last = _mm512_packus_epi32(_mm512_cvtps_epi32(a[2].v), _mm512_cvtps_epi32(a[3].v));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  _mm512_storeu_si512(out, _mm512_permutexvar_epi32(order, _mm512_packus_epi16(first, last)));
}
// Lanes rounded to even, plus `shift`, as bytes; what lies outside 0 to 255 becomes the nearer.
inline void store_bytes(Lanes a, int shift, unsigned char* out) {
  const __m512i steps = _mm512_add_epi32(_mm512_cvtps_epi32(a.v), _mm512_set1_epi32(shift));
  const __m512i positive = _mm512_max_epi32(steps, _mm512_setzero_si512());
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtusepi32_epi8(positive));
}

}  // namespace ganglion::avx512
