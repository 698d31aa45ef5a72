// Sixteen rows a vector. Tiles of a panel by eight rows of activations keep 8 integer and 8 float
// sums and the 8 unpacked steps of a group in registers; a step of activations is broadcast as it
// is loaded, for each of 64 vpdpbusd.
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own intrinsics trip it (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "kernels/avx512/panel_product.h"

#include <immintrin.h>

#include <array>
#include <utility>

#include "kernels/panel_product_inl.h"
#include "tensor/block_layouts.h"

namespace ganglion::avx512 {
namespace {

struct Vector {
  static constexpr size_t kLanes = 16;
  static constexpr size_t kTileRows = 8;
  static constexpr bool kIsDirect = true;
  static constexpr bool kTakesWideCodes = true;
  using Bytes = __m512i;
  using Ints = __m512i;
  using Floats = __m512;
  using Partial = __m512i;

  static Bytes load_bytes(const std::byte* x) { return _mm512_loadu_si512(x); }
  static void store_bytes(Bytes x, std::byte* out) { _mm512_storeu_si512(out, x); }
  static Bytes and_mask(Bytes x, int mask) {
    return _mm512_and_si512(x, _mm512_set1_epi8(static_cast<char>(mask)));
  }
  template <int kBits>
  static Bytes shift_right(Bytes x) {
    return _mm512_srli_epi16(x, kBits);
  }
  template <int kBits>
  static Bytes shift_left(Bytes x) {
    return _mm512_slli_epi16(x, kBits);
  }
  static Bytes either(Bytes x, Bytes y) { return _mm512_or_si512(x, y); }
  static Bytes look_up_levels(Bytes codes) {
    const __m128i levels = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kIq4Values.data()));
    const __m128i above = _mm_xor_si128(levels, _mm_set1_epi8(static_cast<char>(0x80)));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(above), codes);
  }

  static Bytes flip_signs(Bytes codes) {
    return _mm512_xor_si512(codes, _mm512_set1_epi8(static_cast<char>(0x80)));
  }

  static Ints zero_ints() { return _mm512_setzero_si512(); }
  static Ints broadcast_int(int32_t x) { return _mm512_set1_epi32(x); }
  template <int kBits>
  static Ints scale_int(Ints x) {
    return _mm512_slli_epi32(x, kBits);
  }
  static Bytes broadcast_step(const int8_t* step) {
    int32_t four = 0;
    std::memcpy(&four, step, sizeof(four));
    return _mm512_set1_epi32(four);
  }
  static Ints add_products(Ints sum, Bytes codes, Bytes step) {
    return _mm512_dpbusd_epi32(sum, codes, step);
  }

  static Floats zero() { return _mm512_setzero_ps(); }
  static Floats to_float(Ints x) { return _mm512_cvtepi32_ps(x); }
  static Floats load(const float* x) { return _mm512_loadu_ps(x); }
  static void store(Floats x, float* out) { _mm512_storeu_ps(out, x); }
  static Floats broadcast(float x) { return _mm512_set1_ps(x); }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats multiply_add(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
  static Floats load_halves(const std::byte* x) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)));
  }
  static Floats load_factors(const std::byte* x) {
    const __m128i factors = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x));
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(factors));
  }

  static float largest_magnitude(const float* x) {
    __m512 largest = _mm512_setzero_ps();
    for (size_t i = 0; i < kGroupInputs; i += kLanes) {
      largest = _mm512_max_ps(largest, _mm512_abs_ps(_mm512_loadu_ps(x + i)));
    }
    return _mm512_reduce_max_ps(largest);
  }
  // Sixteen values to q; returns their sum.
  static int32_t quantize16(const float* x, float inverse, int8_t* q) {
    const __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(x), _mm512_set1_ps(inverse));
    const __m512i rounded = _mm512_cvtps_epi32(scaled);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtsepi32_epi8(rounded));
    return _mm512_reduce_add_epi32(rounded);
  }
};

}  // namespace

void quantize_activations(const float* x, size_t size, const QuantizedRow& row) {
  PanelProducts<Vector>::quantize(x, size, row);
}

void multiply_panels(const PanelProduct& product) { PanelProducts<Vector>::multiply(product); }

}  // namespace ganglion::avx512
