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

#include "kernels/avx512/lanes.h"
#include "kernels/panel_product_inl.h"
#include "kernels/quantize_activations_inl.h"
#include "tensor/block_layouts.h"
#include "tensor/half.h"

namespace ganglion::avx512 {
namespace {

struct Vector {
  static constexpr size_t kLanes = 16;
  static constexpr size_t kTileVectors = 1;
  static constexpr size_t kUnpackedRows = 0;
  static constexpr size_t kTileRows = 8;
  static constexpr size_t kSideBySide = avx512::kSideBySide;
  static constexpr size_t kFloatTileRows = 10;
  static constexpr bool kIsDirect = true;
  static constexpr bool kTakesSignedCodes = false;
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
  // x | (y & mask).
  static Bytes or_masked(Bytes x, Bytes y, int mask) {
    return _mm512_ternarylogic_epi32(x, y, _mm512_set1_epi8(static_cast<char>(mask)), 0xF8);
  }
  static Bytes look_up_levels(Bytes codes) {
    const __m128i levels = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kIq4Values.data()));
    const __m128i above = _mm_xor_si128(levels, _mm_set1_epi8(static_cast<char>(0x80)));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(above), codes);
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

  static bool has_dot() { return Lanes::has_dot(); }
  // Adds the products of two inputs, of which `a` points to the first.
  template <bool kHasDot>
  static Floats add_pair(Floats sum, Bytes weights, const uint16_t* a) {
    return add_pairs<kHasDot>({sum}, weights, a).v;
  }

  // The largest magnitude of every thirty-two values.
  static void largest_of_groups(const float* x, size_t num_groups, float* largest) {
    const auto group = [&](size_t i) {
      const float* first = x + i * kGroupInputs;
      return _mm512_max_ps(_mm512_abs_ps(_mm512_loadu_ps(first)),
                           _mm512_abs_ps(_mm512_loadu_ps(first + 16)));
    };
    size_t i = 0;
    for (; i + 4 <= num_groups; i += 4) {  // as a transposition, so that one vector holds four
      const __m512 a = group(i);
      const __m512 b = group(i + 1);
      const __m512 c = group(i + 2);
      const __m512 d = group(i + 3);
      const __m512 ab = _mm512_max_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
      const __m512 cd = _mm512_max_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
      const __m512 all =
          _mm512_max_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xEE));
      const __m256 half =
          _mm256_max_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
      _mm_storeu_ps(largest + i,
                    _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1)));
    }
    for (; i < num_groups; ++i) largest[i] = _mm512_reduce_max_ps(group(i));
  }
  // Thirty-two values to q.
  static void quantize_group(const float* x, float inverse, int8_t* q) {
    const __m512 factor = _mm512_set1_ps(inverse);
    const __m512i low = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x), factor));
    const __m512i high = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + 16), factor));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtsepi32_epi8(low));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q + 16), _mm512_cvtsepi32_epi8(high));
  }
  // Sums of sixteen; `size` is a multiple of 32.
  static void sum16(const int8_t* q, size_t size, int32_t* sums) {
    const __m512i ones = _mm512_set1_epi8(1);
    for (size_t i = 0; i < size; i += 64) {
      const __mmask64 inside = size - i >= 64 ? ~0ULL : 0xFFFFFFFFULL;
      const __m512i values = _mm512_maskz_loadu_epi8(inside, q + i);
      __m512i four = _mm512_dpbusd_epi32(_mm512_setzero_si512(), ones, values);
      four = _mm512_add_epi32(four, _mm512_shuffle_epi32(four, _MM_PERM_CDAB));
      four = _mm512_add_epi32(four, _mm512_shuffle_epi32(four, _MM_PERM_BADC));
      const __m128i packed = _mm512_castsi512_si128(_mm512_maskz_compress_epi32(0x1111, four));
      _mm_mask_storeu_epi32(sums + i / 16, size - i >= 64 ? 0xF : 0x3, packed);
    }
  }
};

}  // namespace

void quantize_activations(const float* x, size_t size, size_t scaled_groups,
                          const QuantizedRow& row) {
  ActivationQuantization<Vector>::quantize(x, size, scaled_groups, row);
}

void round_to_bf16(const float* x, size_t size, uint16_t* out) {
  ActivationQuantization<Vector>::round_to_bf16(x, size, out);
}

void multiply_panels(const PanelProduct& product) { PanelProducts<Vector>::multiply(product); }

}  // namespace ganglion::avx512
