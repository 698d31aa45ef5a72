// Sixteen floats in AVX2. The same operations, with the same bits, as in avx512/ and neon/.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace ganglion::avx2 {

struct Lanes {
  __m256 low;
  __m256 high;

  static bool has_dot() { return false; }  // no instruction for products of bfloats

  struct Words {  // sixteen integers, pairs of bfloats or quads of bytes
    __m256i low;
    __m256i high;
  };
  static Words load_words(const void* x) {
    const auto* halves = static_cast<const __m256i*>(x);
    return {_mm256_loadu_si256(halves), _mm256_loadu_si256(halves + 1)};
  }
  static Words broadcast_int(int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
  static Words broadcast_word(const void* x) {
    int32_t word = 0;
    std::memcpy(&word, x, sizeof(word));
    return broadcast_int(word);
  }

  static Lanes to_float(Words integers) {
    return {_mm256_cvtepi32_ps(integers.low), _mm256_cvtepi32_ps(integers.high)};
  }
  // In words of 16 bits, as vpmaddubsw would saturate.
  static __m256i add_quads(__m256i sums, __m256i a, __m256i b) {
    const __m256i even = _mm256_madd_epi16(_mm256_and_si256(a, _mm256_set1_epi16(0xFF)),
                                           _mm256_srai_epi16(_mm256_slli_epi16(b, 8), 8));
    const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(a, 8), _mm256_srai_epi16(b, 8));
    return _mm256_add_epi32(sums, _mm256_add_epi32(even, odd));
  }
  // sums plus the four products of unsigned bytes of a with signed ones of b.
  static Words add_quads(Words sums, Words a, Words b) {
    return {add_quads(sums.low, a.low, b.low), add_quads(sums.high, a.high, b.high)};
  }

  static Lanes load(const float* x) { return {_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)}; }
  static Lanes broadcast(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
  void store(float* x) const {
    _mm256_storeu_ps(x, low);
    _mm256_storeu_ps(x + 8, high);
  }

  friend Lanes operator+(Lanes a, Lanes b) {
    return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
  }
  friend Lanes operator-(Lanes a, Lanes b) {
    return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
  }
  friend Lanes operator*(Lanes a, Lanes b) {
    return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
  }
  friend Lanes operator/(Lanes a, Lanes b) {
    return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
  }
};

// a * b + c, rounded once.
inline Lanes fma(Lanes a, Lanes b, Lanes c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
inline Lanes max(Lanes a, Lanes b) {
  return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
inline Lanes min(Lanes a, Lanes b) {
  return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}
inline Lanes round_to_even(Lanes a) {
  constexpr int kMode = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  return {_mm256_round_ps(a.low, kMode), _mm256_round_ps(a.high, kMode)};
}
inline __m256 power_of_two(__m256 n) {
  const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
  return _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}
// 2^n for whole n from -126 to 127.
inline Lanes power_of_two(Lanes n) { return {power_of_two(n.low), power_of_two(n.high)}; }
inline __m256 add_to_exponent(__m256 p, __m256 n) {
  const __m256i exponent = _mm256_slli_epi32(_mm256_castps_si256(n), 23);
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), exponent));
}
// p * 2^n, where p and the product are normal, of n + 1.5 * 2^23.
inline Lanes add_to_exponent(Lanes p, Lanes n) {
  return {add_to_exponent(p.low, n.low), add_to_exponent(p.high, n.high)};
}
// a > b ? x : y.
inline Lanes select_greater(Lanes a, Lanes b, Lanes x, Lanes y) {
  return {_mm256_blendv_ps(y.low, x.low, _mm256_cmp_ps(a.low, b.low, _CMP_GT_OQ)),
          _mm256_blendv_ps(y.high, x.high, _mm256_cmp_ps(a.high, b.high, _CMP_GT_OQ))};
}
inline float first(Lanes a) { return _mm256_cvtss_f32(a.low); }
// Lane i and lane i + 8, of these lane i and i + 4, and so on.
inline float sum(Lanes a) {
  const __m256 eight = _mm256_add_ps(a.low, a.high);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float largest(Lanes a) {
  const __m256 eight = _mm256_max_ps(a.low, a.high);
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
inline __m256 odd_floats(__m256i pairs) {
  const __m256i bits = _mm256_set1_epi32(static_cast<int32_t>(0xFFFF0000U));
  return _mm256_castsi256_ps(_mm256_and_si256(pairs, bits));
}
inline __m256 even_floats(__m256i pairs) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16));
}
// sum plus the products of the pairs and of the pair at `a`, the second ones first.
template <bool kHasDot>
inline Lanes add_pairs(Lanes sum, Lanes::Words pairs, const uint16_t* a) {
  const __m256i pair = Lanes::broadcast_word(a).low;
  const __m256 odd = odd_floats(pair);
  const __m256 even = even_floats(pair);
  sum.low = _mm256_fmadd_ps(odd_floats(pairs.low), odd, sum.low);
  sum.high = _mm256_fmadd_ps(odd_floats(pairs.high), odd, sum.high);
  return {_mm256_fmadd_ps(even_floats(pairs.low), even, sum.low),
          _mm256_fmadd_ps(even_floats(pairs.high), even, sum.high)};
}
// Sixty-four values from 0 to 255, rounded to even.
inline void store_bytes(const Lanes (&a)[4], uint8_t* out) {
  const auto words = [](Lanes x) {  // two runs of eight, of which four by four change places
    return _mm256_packus_epi32(_mm256_cvtps_epi32(x.low), _mm256_cvtps_epi32(x.high));
  };
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const auto store = [&](Lanes first, Lanes last, uint8_t* bytes) {
    const __m256i packed = _mm256_packus_epi16(words(first), words(last));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(bytes),
                        _mm256_permutevar8x32_epi32(packed, order));
  };
  store(a[0], a[1], out);
  store(a[2], a[3], out + 32);
}
// Lanes rounded to even, plus `shift`, as bytes; what lies outside 0 to 255 becomes the nearer.
inline void store_bytes(Lanes a, int shift, unsigned char* out) {
  const __m256i shifts = _mm256_set1_epi32(shift);
  const __m256i low = _mm256_add_epi32(_mm256_cvtps_epi32(a.low), shifts);
  const __m256i high = _mm256_add_epi32(_mm256_cvtps_epi32(a.high), shifts);
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xD8);
  const __m128i bytes =
      _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
}

}  // namespace ganglion::avx2
