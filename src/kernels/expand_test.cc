// Dequantisation against the values that ggml computes, bit for bit, with every table.
#include "kernels/expand.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/file.h"
#include "base/rng.h"
#include "base/test_paths.h"
#include "kernels/dispatch.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

struct NamedType {
  const char* name;
  DType dtype;
};

constexpr NamedType kTypes[] = {
    {"F16", DType::kF16},       {"BF16", DType::kBF16},     {"Q4_0", DType::kQ4_0},
    {"Q4_1", DType::kQ4_1},     {"Q5_0", DType::kQ5_0},     {"Q5_1", DType::kQ5_1},
    {"Q8_0", DType::kQ8_0},     {"Q2_K", DType::kQ2_K},     {"Q3_K", DType::kQ3_K},
    {"Q4_K", DType::kQ4_K},     {"Q5_K", DType::kQ5_K},     {"Q6_K", DType::kQ6_K},
    {"IQ4_NL", DType::kIQ4_NL}, {"IQ4_XS", DType::kIQ4_XS},
};

size_t num_elements_of(DType dtype, size_t num_bytes) {
  return num_bytes / dtype_traits(dtype).block_bytes * dtype_traits(dtype).block_elements;
}

const std::byte* bytes_of(const std::string& text) {
  return reinterpret_cast<const std::byte*>(text.data());
}

constexpr uint32_t kAnyNan = 0x7FC00000U;

// The bits, so that the sign of 0 counts; which NaN a NaN is does not.
std::vector<uint32_t> expanded_bits(const KernelTable& kernels, DType dtype, const std::byte* bytes,
                                    size_t num_elements) {
  std::vector<float> values(num_elements + 1, -12345.0F);
  kernels.expand_blocks(dtype, bytes, num_elements, values.data());
  EXPECT_EQ(values.back(), -12345.0F) << "written past the end";
  std::vector<uint32_t> bits(num_elements);
  for (size_t i = 0; i < num_elements; ++i) {
    bits[i] = std::isnan(values[i]) ? kAnyNan : std::bit_cast<uint32_t>(values[i]);
  }
  return bits;
}

TEST(ExpandBlocks, MatchesGgmlBitForBit) {
  const auto folder = shared_data_path("models/golden/given/quant");
  if (!folder) GTEST_SKIP() << "no golden blocks: set GANGLION_DATA";
  for (const NamedType& type : kTypes) {
    const auto raw = read_file(*folder / ("blocks_" + std::string(type.name) + ".bin"));
    const auto expected = read_file(*folder / ("blocks_" + std::string(type.name) + ".f32"));
    ASSERT_TRUE(raw.ok() && expected.ok()) << type.name;
    const size_t size = num_elements_of(type.dtype, raw->size());
    ASSERT_EQ(expected->size(), size * sizeof(float)) << type.name;
    std::vector<uint32_t> expected_bits(size);
    std::memcpy(expected_bits.data(), expected->data(), expected->size());
    for (const KernelTable* kernels : available_kernels()) {
      EXPECT_EQ(expanded_bits(*kernels, type.dtype, bytes_of(*raw), size), expected_bits)
          << type.name << " " << kernels->name;
    }
  }
}

// Any bytes, from any address, and any number of blocks.
TEST(ExpandBlocks, GivesTheSameBitsInEveryTable) {
  Rng rng(7);
  for (const NamedType& type : kTypes) {
    const size_t block_bytes = dtype_traits(type.dtype).block_bytes;
    for (size_t num_blocks = 0; num_blocks < 20; ++num_blocks) {
      std::string bytes(num_blocks * block_bytes + 1, '\0');
      for (char& byte : bytes) byte = static_cast<char>(rng.next());
      const size_t size = num_elements_of(type.dtype, bytes.size() - 1);
      const auto expected =
          expanded_bits(reference_kernels(), type.dtype, bytes_of(bytes) + 1, size);
      for (const KernelTable* kernels : available_kernels()) {
        EXPECT_EQ(expanded_bits(*kernels, type.dtype, bytes_of(bytes) + 1, size), expected)
            << type.name << " " << kernels->name << " " << num_blocks << " blocks";
      }
    }
  }
}

TEST(ExpandBlocks, TakesExactlyTheTypesThatIsExpandableNames) {
  for (const NamedType& type : kTypes) EXPECT_TRUE(is_expandable(type.dtype)) << type.name;
  EXPECT_TRUE(is_expandable(DType::kF32));
  for (const DType dtype : {DType::kF64, DType::kI8, DType::kI32, DType::kQ8_1, DType::kQ8_K}) {
    EXPECT_FALSE(is_expandable(dtype)) << dtype_traits(dtype).name;
  }
}

TEST(Half, RoundTripsEveryBinary16) {
  for (uint32_t half = 0; half < 0x10000U; ++half) {
    const float value = f32_from_f16(static_cast<uint16_t>(half));
    if (std::isnan(value)) {
      EXPECT_EQ(half & 0x7C00U, 0x7C00U);
    } else {
      EXPECT_EQ(f16_from_f32(value), half);
    }
  }
}

TEST(Half, RoundsToTheNearestEven) {
  for (uint32_t half = 0; half < 0x7BFFU; ++half) {  // between each finite value and the next
    const float low = f32_from_f16(static_cast<uint16_t>(half));
    const float high = f32_from_f16(static_cast<uint16_t>(half + 1));
    const float middle = low + (high - low) / 2.0F;
    ASSERT_EQ(f16_from_f32(middle), half % 2 == 0 ? half : half + 1) << half;
    ASSERT_EQ(f16_from_f32(std::nextafter(middle, 0.0F)), half) << half;
    ASSERT_EQ(f16_from_f32(std::nextafter(middle, high)), half + 1) << half;
  }
  EXPECT_EQ(f16_from_f32(65519.0F), 0x7BFF);
  EXPECT_EQ(f16_from_f32(65520.0F), 0x7C00);
  EXPECT_EQ(f16_from_f32(-1e30F), 0xFC00);
  EXPECT_EQ(f16_from_f32(1e-30F), 0);
  EXPECT_EQ(f16_from_f32(std::numeric_limits<float>::quiet_NaN()) & 0x7FFF, 0x7E00);
  EXPECT_EQ(bf16_from_f32(1.0F + 0x1p-8F), 0x3F80);
  EXPECT_EQ(bf16_from_f32(1.0F + 0x3p-8F), 0x3F82);
  EXPECT_EQ(bf16_from_f32(std::numeric_limits<float>::max()), 0x7F80);
  EXPECT_EQ(bf16_from_f32(-std::numeric_limits<float>::infinity()), 0xFF80);
}

}  // namespace
}  // namespace ganglion
