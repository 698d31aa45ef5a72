// Quantisation: how much is lost, what importance does, which inputs are refused.
#include "kernels/quantize_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/hash.h"
#include "base/rng.h"
#include "kernels/expand.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

struct Bound {
  DType dtype;
  double normal_error;  // largest squared error of normal values, relative to their squares
};

// Less than ggml loses on normal weights (7.4e-3 for Q4_0, 5.9e-3 for IQ4_XS), so that a worse
// search fails.
constexpr Bound kBounds[] = {
    {DType::kQ4_0, 7.2e-3},  {DType::kQ4_1, 6.0e-3},   {DType::kQ5_0, 1.8e-3},
    {DType::kQ5_1, 1.4e-3},  {DType::kQ8_0, 2.6e-5},   {DType::kQ2_K, 8.0e-2},
    {DType::kQ3_K, 2.25e-2}, {DType::kQ4_K, 5.1e-3},   {DType::kQ5_K, 1.3e-3},
    {DType::kQ6_K, 3.1e-4},  {DType::kIQ4_NL, 5.8e-3}, {DType::kIQ4_XS, 5.9e-3},
};

std::vector<float> normal_values(size_t size, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(size);
  for (float& value : values) value = 0.02F * static_cast<float>(rng.normal());
  return values;
}

size_t bytes_for(DType dtype, size_t num_elements) {
  return num_elements / dtype_traits(dtype).block_elements * dtype_traits(dtype).block_bytes;
}

// Quantised and expanded again.
std::vector<float> round_trip(DType dtype, const std::vector<float>& values,
                              const float* importance = nullptr) {
  std::vector<std::byte> blocks(bytes_for(dtype, values.size()));
  const Status status = quantize_blocks(dtype, values, importance, blocks.data());
  EXPECT_TRUE(status.ok()) << dtype_traits(dtype).name;
  std::vector<float> out(values.size());
  expand_blocks(dtype, blocks.data(), values.size(), out.data());
  return out;
}

double weighted_error(const std::vector<float>& a, const std::vector<float>& b,
                      const float* weights = nullptr) {
  double error = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i] - b[i]);
    error += difference * difference * (weights == nullptr ? 1.0 : static_cast<double>(weights[i]));
  }
  return error;
}

double energy(const std::vector<float>& a) {
  return weighted_error(a, std::vector<float>(a.size()));
}

TEST(QuantizeBlocks, LosesLittleOfNormalValues) {
  const std::vector<float> values = normal_values(256 * 40, 1);
  for (const Bound& bound : kBounds) {
    EXPECT_LT(weighted_error(round_trip(bound.dtype, values), values),
              bound.normal_error * energy(values))
        << dtype_traits(bound.dtype).name;
  }
}

// Columns that matter 100 times more lose less than without importance, weighted and by themselves.
TEST(QuantizeBlocks, SparesImportantElements) {
  const std::vector<float> values = normal_values(256 * 40, 2);
  std::vector<float> importance(values.size(), 1.0F);
  for (size_t i = 0; i < importance.size(); i += 5) importance[i] = 100.0F;
  for (const Bound& bound : kBounds) {
    const auto plain = round_trip(bound.dtype, values);
    const auto weighted = round_trip(bound.dtype, values, importance.data());
    EXPECT_LT(weighted_error(weighted, values, importance.data()),
              0.97 * weighted_error(plain, values, importance.data()))
        << dtype_traits(bound.dtype).name;
  }
}

TEST(QuantizeBlocks, TakesImportanceOfZeroAndOfAnySize) {
  const std::vector<float> values = normal_values(1024, 3);
  for (const float scale : {0.0F, 1e-30F, 1e30F}) {
    const std::vector<float> importance(values.size(), scale);
    for (const Bound& bound : kBounds) {
      EXPECT_LT(weighted_error(round_trip(bound.dtype, values, importance.data()), values),
                bound.normal_error * 1.1 * energy(values))
          << dtype_traits(bound.dtype).name << " " << scale;
    }
  }
}

TEST(QuantizeBlocks, KeepsZerosAndConstants) {
  for (const Bound& bound : kBounds) {
    const std::vector<float> zeros(512);
    EXPECT_EQ(round_trip(bound.dtype, zeros), zeros) << dtype_traits(bound.dtype).name;
    for (const float constant : {1.0F, -1.0F, 0.37F, -3000.0F, 0.02F}) {
      for (const float value : round_trip(bound.dtype, std::vector<float>(512, constant))) {
        ASSERT_NEAR(value, constant, std::fabs(constant) * 1e-2F) << dtype_traits(bound.dtype).name;
      }
    }
  }
}

// The IQ4 types have no level 0: the one next to it is 1 / 127 of the largest.
TEST(QuantizeBlocks, KeepsOneElementAmongZeros) {
  for (const Bound& bound : kBounds) {
    for (size_t at = 0; at < 256; at += 17) {
      for (const float value : {2.5F, -2.5F}) {
        std::vector<float> values(256);
        values[at] = value;
        const auto out = round_trip(bound.dtype, values);
        for (size_t i = 0; i < values.size(); ++i) {
          ASSERT_NEAR(out[i], values[i], 0.02F) << dtype_traits(bound.dtype).name << " " << i;
        }
      }
    }
  }
}

// Values next to the smallest F16 become 0 or something as small, never large or NaN.
TEST(QuantizeBlocks, KeepsTinyValuesTiny) {
  for (const Bound& bound : kBounds) {
    for (const float scale : {1e-4F, 1e-6F, 1e-8F, 1e-20F, 1e-38F, 1e-44F}) {
      std::vector<float> values = normal_values(512, 4);
      for (float& value : values) value *= scale / 0.02F;
      for (const float value : round_trip(bound.dtype, values)) {
        ASSERT_LE(std::fabs(value), 6.0F * scale + 1e-7F) << dtype_traits(bound.dtype).name;
      }
    }
  }
}

TEST(QuantizeBlocks, RefusesNanInfinityAndTooLargeByIndex) {
  std::vector<std::byte> blocks(4096);
  for (const DType dtype :
       {DType::kF32, DType::kF16, DType::kBF16, DType::kQ4_0, DType::kQ4_1, DType::kQ5_0,
        DType::kQ5_1, DType::kQ8_0, DType::kQ2_K, DType::kQ3_K, DType::kQ4_K, DType::kQ5_K,
        DType::kQ6_K, DType::kIQ4_NL, DType::kIQ4_XS}) {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
          -std::numeric_limits<float>::infinity(), 3e38F}) {
      if (bad == 3e38F && (dtype == DType::kF32 || dtype == DType::kBF16)) continue;
      std::vector<float> values = normal_values(512, 5);
      values[300] = bad;
      const Status status = quantize_blocks(dtype, values, nullptr, blocks.data());
      ASSERT_FALSE(status.ok()) << dtype_traits(dtype).name << " " << bad;
      EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
      EXPECT_THAT(status.error().message, HasSubstr("index 300"));
    }
  }
}

// Up to the largest that ggml's scales hold: 65504 times the largest level.
TEST(QuantizeBlocks, TakesLargeValuesThatFit) {
  for (const Bound& bound : kBounds) {
    std::vector<float> values = normal_values(256, 6);
    for (float& value : values) value *= 2e4F / 0.02F;
    const auto out = round_trip(bound.dtype, values);
    EXPECT_LT(weighted_error(out, values), 0.15 * energy(values)) << dtype_traits(bound.dtype).name;
  }
  std::vector<std::byte> blocks(256);
  const std::vector<float> huge(32, 1e7F);
  const Status status = quantize_blocks(DType::kQ4_0, huge, nullptr, blocks.data());
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("expected values that fit Q4_0"));
}

// The bytes are the same on every machine and with every compiler; a change of the search changes
// them, and the line below.
TEST(QuantizeBlocks, GivesTheSameBytesEverywhere) {
  std::vector<float> values(2048);
  std::vector<float> importance(values.size());
  Rng rng(9);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto whole = static_cast<float>(static_cast<int>(rng.below(2001)) - 1000);
    values[i] = whole * whole * whole * 0x1p-36F;
    importance[i] = static_cast<float>(rng.below(64));
  }
  std::string all;
  for (const Bound& bound : kBounds) {
    for (const bool weighted : {false, true}) {
      const float* const weights = weighted ? importance.data() : nullptr;
      std::vector<std::byte> blocks(bytes_for(bound.dtype, values.size()));
      ASSERT_TRUE(quantize_blocks(bound.dtype, values, weights, blocks.data()).ok());
      all.append(reinterpret_cast<const char*>(blocks.data()), blocks.size());
    }
  }
  EXPECT_EQ(fnv1a64(all), 14405522193738686052ULL);
}

TEST(QuantizeBlocks, RoundsPlainTypes) {
  const std::vector<float> values = {1.0F, -0.333333F, 65504.0F, 1e-7F};
  const auto half = round_trip(DType::kF16, values);
  const auto bfloat = round_trip(DType::kBF16, values);
  EXPECT_EQ(round_trip(DType::kF32, values), values);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(half[i], values[i], std::fabs(values[i]) * 0x1p-11F + 0x1p-25F);
    EXPECT_NEAR(bfloat[i], values[i], std::fabs(values[i]) * 0x1p-8F);
  }
}

}  // namespace
}  // namespace ganglion
