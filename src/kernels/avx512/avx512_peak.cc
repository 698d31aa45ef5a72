// The most that AVX-512 can do. On bytes: vpdpbusd.
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own intrinsics trip it (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <immintrin.h>

#include "kernels/peak_inl.h"

namespace ganglion {
namespace {

struct StepS8 {
  using Vector = __m512i;
  static constexpr uint64_t kOperations = 128;
  static Vector multiply_add(Vector sum) {
    return _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(3), _mm512_set1_epi8(-5));
  }
  static void keep(Vector& sum) { asm volatile("" : "+v"(sum)); }
};

struct StepF32 {
  using Vector = __m512;
  static constexpr uint64_t kOperations = 32;
  static Vector multiply_add(Vector sum) {
    return _mm512_fmadd_ps(sum, _mm512_set1_ps(0.5F), _mm512_set1_ps(1.0F));
  }
  static void keep(Vector& sum) { asm volatile("" : "+v"(sum)); }
};

struct Load {
  using Vector = __m512i;
  static Vector load(const std::byte* bytes) { return _mm512_load_si512(bytes); }
  static Vector merge(Vector a, Vector b) { return _mm512_or_si512(a, b); }
  static void keep(Vector& sum) { asm volatile("" : "+v"(sum)); }
};

}  // namespace

PeakLoops avx512_peak_loops() {
  return {.multiply_s8 = peak_multiply<StepS8>,
          .multiply_f32 = peak_multiply<StepF32>,
          .read = peak_read<Load>};
}

// Written out: what a function that is compiled for more instructions calls is not.
__attribute__((target("avx512bf16"))) uint64_t avx512_multiply_bf16(uint64_t num_rounds) {
  constexpr uint64_t kOperations = 64;
  const __m512bh a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5F), _mm512_set1_ps(0.5F));
  __m512 sums[kPeakSums] = {};
  for (uint64_t round = 0; round < num_rounds; ++round) {
    for (__m512& sum : sums) {
      sum = _mm512_dpbf16_ps(sum, a, a);
      asm volatile("" : "+v"(sum));
    }
  }
  return num_rounds * kPeakSums * kOperations;
}

}  // namespace ganglion
