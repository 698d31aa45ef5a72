// Two vectors of eight rows. vpmaddubsw sums pairs of products in 16 bits: codes of up to 6 bits
// are summed there over as many steps as cannot overflow, and 8-bit codes as two digits of 4 bits.
#include "kernels/avx2/panel_product.h"

#include <immintrin.h>

#include <array>
#include <utility>

#include "kernels/avx2/lanes.h"
#include "kernels/panel_product_inl.h"
#include "kernels/quantize_activations_inl.h"
#include "tensor/block_layouts.h"

namespace ganglion::avx2 {
namespace {

struct Vector : QuantizationByGroups<Vector> {
  static constexpr size_t kLanes = 8;
  static constexpr size_t kTileVectors = 2;
  static constexpr size_t kTileRows = 4;
  static constexpr size_t kSideBySide = avx2::kSideBySide;
  static constexpr size_t kUnpackedRows = 8;
  static constexpr size_t kFloatTileRows = 4;
  static constexpr bool kIsDirect = false;
  static constexpr bool kTakesSignedCodes = false;
  using Bytes = __m256i;
  using Ints = __m256i;
  using Floats = __m256;
  using Partial = __m256i;

  static Bytes load_bytes(const std::byte* x) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
  }
  static void store_bytes(Bytes x, std::byte* out) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), x);
  }
  static Bytes and_mask(Bytes x, int mask) {
    return _mm256_and_si256(x, _mm256_set1_epi8(static_cast<char>(mask)));
  }
  template <int kBits>
  static Bytes shift_right(Bytes x) {
    return _mm256_srli_epi16(x, kBits);
  }
  template <int kBits>
  static Bytes shift_left(Bytes x) {
    return _mm256_slli_epi16(x, kBits);
  }
  // x | (y & mask).
  static Bytes or_masked(Bytes x, Bytes y, int mask) {
    return _mm256_or_si256(x, and_mask(y, mask));
  }
  static Bytes look_up_levels(Bytes codes) {
    const __m128i levels = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kIq4Values.data()));
    const __m128i above = _mm_xor_si128(levels, _mm_set1_epi8(static_cast<char>(0x80)));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(above), codes);
  }

  static Ints zero_ints() { return _mm256_setzero_si256(); }
  static Ints broadcast_int(int32_t x) { return _mm256_set1_epi32(x); }
  template <int kBits>
  static Ints scale_int(Ints x) {
    return _mm256_slli_epi32(x, kBits);
  }
  static Bytes broadcast_step(const int8_t* step) {
    int32_t four = 0;
    std::memcpy(&four, step, sizeof(four));
    return _mm256_set1_epi32(four);
  }
  static Partial multiply_pairs(Bytes codes, Bytes step) {
    return _mm256_maddubs_epi16(codes, step);
  }
  static Partial add_partial(Partial a, Partial b) { return in_order(_mm256_add_epi16(a, b)); }
  template <int kFactor>
  static Ints fold(Ints sum, Partial pairs) {
    return in_order(_mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(kFactor))));
  }
  // Without it GCC 12 sums in trees, for which it keeps all products on the stack.
  static __m256i in_order(__m256i sum) {
    asm("" : "+x"(sum));
    return sum;
  }

  static Floats zero() { return _mm256_setzero_ps(); }
  static Floats to_float(Ints x) { return _mm256_cvtepi32_ps(x); }
  static Floats load(const float* x) { return _mm256_loadu_ps(x); }
  static void store(Floats x, float* out) { _mm256_storeu_ps(out, x); }
  static Floats broadcast(float x) { return _mm256_set1_ps(x); }
  static Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
  static Floats multiply(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
  static Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
  static Floats load_halves(const std::byte* x) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)));
  }
  static Floats load_factors(const std::byte* x) {
    return _mm256_cvtepi32_ps(
        _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(x))));
  }

  static bool has_dot() { return false; }
  // Adds the products of two inputs, of which `a` points to the first; the second one's first.
  template <bool kHasDot>
  static Floats add_pair(Floats sum, Bytes weights, const uint16_t* a) {
    const __m256i pair = Lanes::broadcast_word(a).low;
    sum = _mm256_fmadd_ps(odd_floats(weights), odd_floats(pair), sum);
    return _mm256_fmadd_ps(even_floats(weights), even_floats(pair), sum);
  }

  static float largest_magnitude(const float* x) {
    const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
    __m256 largest = _mm256_setzero_ps();
    for (size_t i = 0; i < kGroupInputs; i += kLanes) {
      largest = _mm256_max_ps(largest, _mm256_and_ps(_mm256_loadu_ps(x + i), magnitude));
    }
    float lanes[kLanes];
    _mm256_storeu_ps(lanes, largest);
    return *std::max_element(lanes, lanes + kLanes);
  }
  static void quantize16(const float* x, float inverse, int8_t* q) {
    const __m256 factor = _mm256_set1_ps(inverse);
    const __m256i low = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), factor));
    const __m256i high = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8), factor));
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0b11'01'10'00);
    const __m128i bytes =
        _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q), bytes);
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

}  // namespace ganglion::avx2
