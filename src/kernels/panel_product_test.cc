// Weight panels: packing against the types' own dequantisation, and every table's products against
// the readable twin, bit for bit.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "base/hash.h"
#include "base/rng.h"
#include "kernels/aligned_vector.h"
#include "kernels/dispatch.h"
#include "kernels/expand.h"
#include "kernels/quantize_blocks.h"
#include "kernels/quantized_rows.h"
#include "kernels/weight_panels.h"

namespace ganglion {
namespace {

const std::vector<DType> kTypes = {DType::kQ4_0, DType::kQ4_1, DType::kQ5_0,   DType::kQ5_1,
                                   DType::kQ8_0, DType::kQ2_K, DType::kQ3_K,   DType::kQ4_K,
                                   DType::kQ5_K, DType::kQ6_K, DType::kIQ4_NL, DType::kIQ4_XS,
                                   DType::kF16,  DType::kBF16};

struct Matrix {
  DType dtype;
  size_t num_outputs;
  size_t depth;
  std::vector<std::byte> blocks;
  AlignedVector<std::byte> panels;

  TensorView view() const {
    return {dtype, Shape{static_cast<int64_t>(num_outputs), static_cast<int64_t>(depth)}, blocks};
  }
  std::vector<float> floats() const {
    std::vector<float> values(num_outputs * depth);
    expand_blocks(dtype, blocks.data(), values.size(), values.data());
    return values;
  }
};

Matrix pack(DType dtype, size_t num_outputs, size_t depth, std::vector<std::byte> blocks) {
  Matrix matrix = {dtype, num_outputs, depth, std::move(blocks), {}};
  matrix.panels.resize(panels_bytes(dtype, num_outputs, depth));
  const size_t num_panels = (num_outputs + kPanelColumns - 1) / kPanelColumns;
  pack_panels(matrix.view(), 0, num_panels, matrix.panels.data());
  return matrix;
}

size_t blocks_bytes(DType dtype, size_t num_elements) {
  const DTypeTraits& traits = dtype_traits(dtype);
  return num_elements / traits.block_elements * traits.block_bytes;
}

Matrix random_matrix(DType dtype, size_t num_outputs, size_t depth, Rng& rng) {
  std::vector<float> values(num_outputs * depth);
  for (float& value : values) value = static_cast<float>(rng.normal());
  std::vector<std::byte> blocks(blocks_bytes(dtype, values.size()));
  EXPECT_TRUE(quantize_blocks(dtype, values, nullptr, blocks.data()).ok());
  return pack(dtype, num_outputs, depth, std::move(blocks));
}

// Every bit random but those of the F16 scales' exponents, which stay finite.
Matrix hostile_matrix(DType dtype, size_t num_outputs, size_t depth, Rng& rng) {
  std::vector<std::byte> blocks(blocks_bytes(dtype, num_outputs * depth));
  for (std::byte& byte : blocks) byte = static_cast<std::byte>(rng.below(256) & 0xBF);
  return pack(dtype, num_outputs, depth, std::move(blocks));
}

struct Activations {
  size_t num_rows;
  size_t depth;
  QuantizedRows rows;
  std::vector<uint16_t> bfloats;
};

// As they meet weights of `dtype`.
Activations quantize(const KernelTable& kernels, DType dtype, const std::vector<float>& x,
                     size_t num_rows, size_t depth) {
  Activations a = {num_rows, depth, {}, std::vector<uint16_t>(num_rows * depth)};
  kernels.round_to_bf16(x.data(), num_rows * depth, a.bfloats.data());
  a.rows.resize(num_rows, depth, kernels.tile_rows);
  for (size_t tile = 0; tile < a.rows.num_tiles(); ++tile) {
    a.rows.quantize(kernels, tile, x.data(), panel_layout(dtype).scaled_groups());
  }
  return a;
}

std::vector<float> multiply(const KernelTable& kernels, const Matrix& matrix, Activations a,
                            const float* bias) {
  const size_t stride = matrix.num_outputs + 3;
  std::vector<float> out(a.num_rows * stride, -12345.0F);
  PanelProduct product;
  product.dtype = matrix.dtype;
  product.panels = matrix.panels.data();
  product.a = a.rows.tile(0);
  product.a_bf16 = a.bfloats.data();
  product.bias = bias;
  product.c = out.data();
  product.c_stride = stride;
  product.num_rows = a.num_rows;
  product.num_columns = matrix.num_outputs;
  product.depth = matrix.depth;
  kernels.multiply_panels(product);
  return out;
}

std::vector<float> random_rows(size_t num_rows, size_t depth, Rng& rng) {
  std::vector<float> x(num_rows * depth);
  for (float& value : x) value = static_cast<float>(rng.normal());
  return x;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::vector<size_t> depths(DType dtype) {
  if (dtype_traits(dtype).block_elements == 256) return {256, 768};
  return {32, 96, 160, 544};
}

TEST(WeightPanels, HoldTheFilesWeights) {
  const KernelTable& kernels = reference_kernels();
  Rng rng(1);
  for (const DType dtype : kTypes) {
    for (const size_t depth : depths(dtype)) {
      const Matrix matrix = random_matrix(dtype, 21, depth, rng);
      const std::vector<float> weights = matrix.floats();
      // One input at a time: the product is the weight, up to the roundings of a multiplication and
      // of a difference with the minimum.
      for (const size_t input : {size_t{0}, size_t{5}, size_t{17}, depth - 1}) {
        std::vector<float> x(depth, 0.0F);
        x[input] = 1.0F;
        const auto out = multiply(kernels, matrix, quantize(kernels, dtype, x, 1, depth), nullptr);
        for (size_t n = 0; n < matrix.num_outputs; ++n) {
          const float weight = weights[n * depth + input];
          // F16 has three bits more than bfloat16.
          const float loss = dtype == DType::kF16 ? std::fabs(weight) / 256 : 1e-6F;
          EXPECT_NEAR(out[n], weight, loss)
              << dtype_traits(dtype).name << " depth " << depth << " output " << n;
        }
      }
    }
  }
}

TEST(WeightPanels, CanBePackedInPieces) {
  Rng rng(2);
  for (const DType dtype : kTypes) {
    const size_t depth = depths(dtype).back();
    const Matrix whole = random_matrix(dtype, 49, depth, rng);
    AlignedVector<std::byte> pieces(whole.panels.size());
    const size_t panel_bytes = panels_bytes(dtype, kPanelColumns, depth);
    pack_panels(whole.view(), 0, 1, pieces.data());
    pack_panels(whole.view(), 1, 4, pieces.data() + panel_bytes);
    EXPECT_EQ(pieces, whole.panels) << dtype_traits(dtype).name;
  }
}

// Files of panels that earlier programs wrote are read as they are. When this fails because a
// layout has changed, raise kPanelVersion and write the new hash here.
TEST(WeightPanels, KeepTheirVersionWhileTheirBytesStay) {
  Rng rng(4);
  uint64_t hash = fnv1a64("");
  for (const DType dtype : kTypes) {
    std::vector<std::byte> blocks(blocks_bytes(dtype, 17 * 512));
    for (std::byte& byte : blocks) byte = static_cast<std::byte>(rng.below(256));
    const Matrix matrix = pack(dtype, 17, 512, std::move(blocks));
    const auto* bytes = reinterpret_cast<const char*>(matrix.panels.data());
    hash = fnv1a64({bytes, matrix.panels.size()}, hash);
  }
  EXPECT_EQ(kPanelVersion, 1U);
  EXPECT_EQ(hash, 10625750990094139603U);
}

TEST(PanelProduct, ErrorIsThatOfEightBitActivations) {
  Rng rng(3);
  constexpr size_t kRows = 7;
  for (const KernelTable* kernels : available_kernels()) {
    for (const DType dtype : kTypes) {
      const Matrix matrix = random_matrix(dtype, 33, 768, rng);
      const std::vector<float> weights = matrix.floats();
      const std::vector<float> x = random_rows(kRows, matrix.depth, rng);
      const auto out =
          multiply(*kernels, matrix, quantize(*kernels, dtype, x, kRows, matrix.depth), nullptr);
      double error = 0;
      double power = 0;
      for (size_t m = 0; m < kRows; ++m) {
        for (size_t n = 0; n < matrix.num_outputs; ++n) {
          double exact = 0;
          for (size_t k = 0; k < matrix.depth; ++k) {
            exact += double{x[m * matrix.depth + k]} * weights[n * matrix.depth + k];
          }
          const double difference = out[m * (matrix.num_outputs + 3) + n] - exact;
          error += difference * difference;
          power += exact * exact;
        }
      }
      // Rounding to steps of max / 127, with a maximum of about 2.4 deviations over 64 normal
      // values: (2.4 / 127)^2 / 12 = 3.0e-5 of the power.
      EXPECT_LT(error / power, 6e-5) << kernels->name << " " << dtype_traits(dtype).name;
      EXPECT_GT(error, 0.0);
    }
  }
}

class PanelTables : public testing::TestWithParam<DType> {};

TEST_P(PanelTables, GiveTheBitsOfTheReadableTwin) {
  const DType dtype = GetParam();
  Rng rng(4);
  for (const size_t depth : depths(dtype)) {
    for (const size_t num_outputs : {size_t{1}, size_t{16}, size_t{31}, size_t{50}}) {
      const Matrix matrix = hostile_matrix(dtype, num_outputs, depth, rng);
      const std::vector<float> bias = random_rows(1, num_outputs, rng);
      const std::vector<float> x = random_rows(33, depth, rng);
      for (const size_t num_rows : {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 17, 24, 33}) {
        const Activations a = quantize(reference_kernels(), dtype, x, num_rows, depth);
        const auto expected = multiply(reference_kernels(), matrix, a, bias.data());
        for (const KernelTable* kernels : available_kernels()) {
          const Activations b = quantize(*kernels, dtype, x, num_rows, depth);
          EXPECT_TRUE(same_bits(multiply(*kernels, matrix, b, bias.data()), expected))
              << kernels->name << " depth " << depth << " outputs " << num_outputs << " rows "
              << num_rows;
        }
      }
    }
  }
}

// More rows and inputs than a kernel takes at once.
TEST_P(PanelTables, GiveTheBitsOfTheReadableTwinForManyRows) {
  const DType dtype = GetParam();
  Rng rng(6);
  const size_t depth = depths(dtype).back();
  const Matrix matrix = hostile_matrix(dtype, 17, depth, rng);
  const std::vector<float> x = random_rows(123, depth, rng);
  for (const size_t num_rows : {120, 123}) {
    const Activations a = quantize(reference_kernels(), dtype, x, num_rows, depth);
    const auto expected = multiply(reference_kernels(), matrix, a, nullptr);
    for (const KernelTable* kernels : available_kernels()) {
      const Activations b = quantize(*kernels, dtype, x, num_rows, depth);
      EXPECT_TRUE(same_bits(multiply(*kernels, matrix, b, nullptr), expected))
          << kernels->name << " rows " << num_rows;
    }
  }
}

TEST_P(PanelTables, DoNotOverflowAtTheExtremes) {
  const DType dtype = GetParam();
  const size_t depth = depths(dtype).back();
  constexpr size_t kRows = 9;
  for (const int fill : {0x00, 0xBB, 0x3F, 0x80, 0x7F}) {
    const Matrix matrix =
        pack(dtype, 16, depth,
             std::vector<std::byte>(blocks_bytes(dtype, 16 * depth), static_cast<std::byte>(fill)));
    for (const float sign : {1.0F, -1.0F}) {
      const std::vector<float> x(kRows * depth, sign);
      const Activations a = quantize(reference_kernels(), dtype, x, kRows, depth);
      const auto expected = multiply(reference_kernels(), matrix, a, nullptr);
      for (const KernelTable* kernels : available_kernels()) {
        const auto out =
            multiply(*kernels, matrix, quantize(*kernels, dtype, x, kRows, depth), nullptr);
        for (size_t i = 0; i < out.size(); ++i) {
          EXPECT_TRUE(out[i] == expected[i] || (std::isnan(out[i]) && std::isnan(expected[i])))
              << kernels->name << " bytes " << fill << ": " << out[i] << " and " << expected[i];
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, PanelTables, testing::ValuesIn(kTypes), [](const auto& type) {
  return std::string(dtype_traits(type.param).name);
});

TEST(QuantizeActivations, TablesGiveTheSameBits) {
  Rng rng(5);
  for (const size_t depth : {32, 64, 96, 128, 160, 320, 2048}) {
    const DType dtype = depth % 64 == 0 ? DType::kQ4_K : DType::kQ4_0;
    std::vector<float> x = random_rows(1, depth, rng);
    x[3] = 40.0F;
    Activations expected = quantize(reference_kernels(), dtype, x, 1, depth);
    for (const KernelTable* kernels : available_kernels()) {
      Activations a = quantize(*kernels, dtype, x, 1, depth);
      const QuantizedRow row = a.rows.tile(0);
      const QuantizedRow other = expected.rows.tile(0);
      const auto same = [](const auto* left, const auto* right, size_t size) {
        return std::equal(left, left + size, right);
      };
      EXPECT_TRUE(same(row.q, other.q, depth)) << kernels->name;
      EXPECT_TRUE(same(row.scales, other.scales, depth / 32)) << kernels->name;
      EXPECT_TRUE(same(row.minus_sums16, other.minus_sums16, depth / 16)) << kernels->name;
      EXPECT_TRUE(same(row.minus_sums32, other.minus_sums32, depth / 32)) << kernels->name;
      EXPECT_TRUE(same(row.scaled_minus_sums16, other.scaled_minus_sums16, depth / 16))
          << kernels->name;
      EXPECT_TRUE(same(row.scaled_minus_sums32, other.scaled_minus_sums32, depth / 32))
          << kernels->name;
    }
  }
}

// A model that overflows must not go on with numbers that look like any others.
TEST(QuantizeActivations, WhatIsNotFiniteStaysSo) {
  Rng rng(9);
  for (const KernelTable* kernels : available_kernels()) {
    for (const DType dtype : {DType::kQ8_0, DType::kQ4_K, DType::kQ6_K}) {
      const Matrix matrix = random_matrix(dtype, 16, 256, rng);
      for (const float value : {std::nanf(""), INFINITY, -INFINITY}) {
        for (const size_t input : {70, 100}) {  // of the first and of the second group of two
          std::vector<float> x = random_rows(2, 256, rng);
          x[input] = value;
          const auto out =
              multiply(*kernels, matrix, quantize(*kernels, dtype, x, 2, 256), nullptr);
          for (size_t n = 0; n < 16; ++n) {
            EXPECT_FALSE(std::isfinite(out[n])) << kernels->name << " " << value << " " << input;
            EXPECT_TRUE(std::isfinite(out[19 + n])) << kernels->name << " " << value;
          }
        }
      }
    }
  }
}

TEST(QuantizeActivations, ZerosStayZeros) {
  for (const KernelTable* kernels : available_kernels()) {
    Activations a = quantize(*kernels, DType::kQ8_0, std::vector<float>(64, 0.0F), 1, 64);
    const QuantizedRow row = a.rows.tile(0);
    EXPECT_TRUE(row.scales[0] == 0.0F && row.scales[1] == 0.0F);
    EXPECT_EQ(std::vector<int8_t>(row.q, row.q + 64), std::vector<int8_t>(64, 0));
  }
}

}  // namespace
}  // namespace ganglion
