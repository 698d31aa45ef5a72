// The most that AVX2 can do. On bytes: vpmaddubsw, vpmaddwd and vpaddd.
#include <immintrin.h>

#include "kernels/peak_inl.h"

namespace ganglion {
namespace {

struct StepS8 {
  using Vector = __m256i;
  static constexpr uint64_t kOperations = 64;
  static Vector multiply_add(Vector sum) {
    // Behind the barrier both are unknown, or the compiler would multiply them once and for all.
    Vector a = _mm256_set1_epi8(3);
    asm volatile("" : "+x"(a));
    const Vector pairs = _mm256_maddubs_epi16(a, _mm256_set1_epi8(-5));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  static void keep(Vector& sum) { asm volatile("" : "+x"(sum)); }
};

struct StepF32 {
  using Vector = __m256;
  static constexpr uint64_t kOperations = 16;
  static Vector multiply_add(Vector sum) {
    return _mm256_fmadd_ps(sum, _mm256_set1_ps(0.5F), _mm256_set1_ps(1.0F));
  }
  static void keep(Vector& sum) { asm volatile("" : "+x"(sum)); }
};

struct Load {
  using Vector = __m256i;
  static Vector load(const std::byte* bytes) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes));
  }
  static Vector merge(Vector a, Vector b) { return _mm256_or_si256(a, b); }
  static void keep(Vector& sum) { asm volatile("" : "+x"(sum)); }
};

}  // namespace

PeakLoops avx2_peak_loops() {
  return {.multiply_s8 = peak_multiply<StepS8>,
          .multiply_f32 = peak_multiply<StepF32>,
          .read = peak_read<Load>};
}

}  // namespace ganglion
