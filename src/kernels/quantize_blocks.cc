#include "kernels/quantize_blocks.h"

#include <array>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "kernels/quantize/block_encoders.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

constexpr float kLargestF16 = 65504.0F;

Status refuse(DType dtype, size_t index, float value) {
  if (std::isfinite(value)) {
    return fail(ErrorCode::kInvalidArgument,
                "expected values that fit {}, found {} at index {}: choose BF16 or F32",
                dtype_traits(dtype).name, value, index);
  }
  return fail(ErrorCode::kInvalidArgument, "expected finite values, found {} at index {}", value,
              index);
}

// The weights of one block's squared errors, about 1 at most. Importance of 0 comes from too little
// data: such elements keep a little weight. Importance that is 0 everywhere says nothing.
template <int kSize>
std::array<float, kSize> block_weights(const float* importance) {
  std::array<float, kSize> weights;
  float largest = 0.0F;
  if (importance != nullptr) {
    for (int i = 0; i < kSize; ++i) largest = std::fmax(largest, importance[i]);
  }
  constexpr float kLeast = 1e-4F;
  for (int i = 0; i < kSize; ++i) {
    weights[i] = largest > 0.0F ? importance[i] / largest + kLeast : 1.0F;
  }
  return weights;
}

template <int kSize, typename Block>
Status encode_all(DType dtype, std::span<const float> values, const float* importance,
                  std::byte* bytes) {
  // Below half of the smallest F16 above 0 every scale is 0.
  constexpr float kNothing = 0x1p-26F;
  GANGLION_ASSERT(values.size() % kSize == 0);
  for (size_t first = 0; first < values.size(); first += kSize) {
    std::array<float, kSize> x;
    size_t extreme = 0;
    for (size_t i = 0; i < kSize; ++i) {
      x[i] = values[first + i];
      if (!std::isfinite(x[i])) return refuse(dtype, first + i, x[i]);
      if (std::fabs(x[i]) > std::fabs(x[extreme])) extreme = i;
    }
    // Sums of squares stay finite below this, far above what any type holds.
    if (std::fabs(x[extreme]) > 1e12F) return refuse(dtype, first + extreme, x[extreme]);
    if (std::fabs(x[extreme]) < kNothing) x = {};
    const auto w = block_weights<kSize>(importance == nullptr ? nullptr : importance + first);
    Block block;
    if (!encode_block(x.data(), w.data(), &block)) {
      return refuse(dtype, first + extreme, x[extreme]);
    }
    std::memcpy(bytes + first / kSize * sizeof(Block), &block, sizeof(Block));
  }
  return {};
}

Status encode_halves(DType dtype, std::span<const float> values, std::byte* bytes) {
  for (size_t i = 0; i < values.size(); ++i) {
    const bool fits = dtype == DType::kBF16 || std::fabs(values[i]) <= kLargestF16;
    if (!std::isfinite(values[i]) || !fits) return refuse(dtype, i, values[i]);
    const uint16_t half =
        dtype == DType::kBF16 ? bf16_from_f32(values[i]) : f16_from_f32(values[i]);
    std::memcpy(bytes + i * sizeof(half), &half, sizeof(half));
  }
  return {};
}

Status copy_floats(std::span<const float> values, std::byte* bytes) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) return refuse(DType::kF32, i, values[i]);
  }
  if (!values.empty()) std::memcpy(bytes, values.data(), values.size_bytes());
  return {};
}

}  // namespace

Status quantize_blocks(DType dtype, std::span<const float> values, const float* importance,
                       std::byte* blocks) {
  switch (dtype) {
    case DType::kF32:
      return copy_floats(values, blocks);
    case DType::kF16:
    case DType::kBF16:
      return encode_halves(dtype, values, blocks);
    case DType::kQ4_0:
      return encode_all<32, BlockQ4_0>(dtype, values, importance, blocks);
    case DType::kQ4_1:
      return encode_all<32, BlockQ4_1>(dtype, values, importance, blocks);
    case DType::kQ5_0:
      return encode_all<32, BlockQ5_0>(dtype, values, importance, blocks);
    case DType::kQ5_1:
      return encode_all<32, BlockQ5_1>(dtype, values, importance, blocks);
    case DType::kQ8_0:
      return encode_all<32, BlockQ8_0>(dtype, values, importance, blocks);
    case DType::kQ2_K:
      return encode_all<256, BlockQ2_K>(dtype, values, importance, blocks);
    case DType::kQ3_K:
      return encode_all<256, BlockQ3_K>(dtype, values, importance, blocks);
    case DType::kQ4_K:
      return encode_all<256, BlockQ4_K>(dtype, values, importance, blocks);
    case DType::kQ5_K:
      return encode_all<256, BlockQ5_K>(dtype, values, importance, blocks);
    case DType::kQ6_K:
      return encode_all<256, BlockQ6_K>(dtype, values, importance, blocks);
    case DType::kIQ4_NL:
      return encode_all<32, BlockIQ4_NL>(dtype, values, importance, blocks);
    case DType::kIQ4_XS:
      return encode_all<256, BlockIQ4_XS>(dtype, values, importance, blocks);
    default:
      break;
  }
  GANGLION_ASSERT(false && "quantize_blocks to a type that is_expandable refuses");
}

}  // namespace ganglion
