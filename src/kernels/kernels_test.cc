// Every table the machine can run against its readable twin: odd sizes and worst-case values.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/packed_matrix.h"

namespace ganglion {
namespace {

constexpr float kUnit = 1.0F / (1 << 24);  // half a unit in the last place of 1
constexpr float kUntouched = -12345.0F;

struct Sizes {
  size_t num_rows, num_columns, depth;
};

const std::vector<Sizes> kSizes = {{1, 1, 1},    {1, 16, 4},   {2, 17, 3},   {3, 15, 5},
                                   {4, 31, 7},   {5, 33, 8},   {6, 32, 9},   {7, 48, 31},
                                   {11, 49, 33}, {12, 64, 64}, {13, 65, 65}, {25, 40, 129},
                                   {33, 1, 100}, {29, 80, 384}};

std::vector<float> random_floats(size_t size, Rng& rng) {
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(rng.normal());
  return values;
}

std::vector<const KernelTable*> fast_kernels() {
  std::vector<const KernelTable*> tables = available_kernels();
  tables.erase(tables.begin());
  return tables;
}

class F32Problem {
 public:
  F32Problem(Sizes sizes, Rng& rng) : sizes_(sizes), stride_(sizes.num_columns + 3) {
    activations_ = random_floats(sizes.num_rows * sizes.depth, rng);
    weights_ = random_floats(sizes.num_columns * sizes.depth, rng);
    bias_ = random_floats(sizes.num_columns, rng);
    packed_.pack(weights_.data(), sizes.num_columns, sizes.depth, sizes.depth, 1);
  }

  std::vector<float> run(const KernelTable& kernels, bool with_bias) const {
    std::vector<float> out(sizes_.num_rows * stride_, kUntouched);
    GemmF32 gemm = gemm_of(packed_);
    gemm.a = activations_.data();
    gemm.a_stride = sizes_.depth;
    gemm.bias = with_bias ? bias_.data() : nullptr;
    gemm.c = out.data();
    gemm.c_stride = stride_;
    gemm.num_rows = sizes_.num_rows;
    kernels.gemm_f32(gemm);
    return out;
  }

  // The usual bound of a dot product: both sides round each of K steps.
  float tolerance(size_t index) const {
    const size_t m = index / stride_;
    const size_t n = index % stride_;
    float magnitude = 1.0F;
    for (size_t k = 0; k < sizes_.depth; ++k) {
      magnitude += std::fabs(activations_[m * sizes_.depth + k] * weights_[n * sizes_.depth + k]);
    }
    return 2.0F * static_cast<float>(sizes_.depth + 2) * kUnit * magnitude;
  }

  bool is_padding(size_t index) const { return index % stride_ >= sizes_.num_columns; }

 private:
  Sizes sizes_;
  size_t stride_;
  std::vector<float> activations_;
  std::vector<float> weights_;
  std::vector<float> bias_;
  PackedF32 packed_;
};

TEST(Kernels, GemmF32MatchesItsTwin) {
  Rng rng(1);
  for (const Sizes& sizes : kSizes) {
    const F32Problem problem(sizes, rng);
    for (const bool with_bias : {false, true}) {
      const std::vector<float> expected = problem.run(reference_kernels(), with_bias);
      for (const KernelTable* kernels : fast_kernels()) {
        const std::vector<float> actual = problem.run(*kernels, with_bias);
        for (size_t i = 0; i < actual.size(); ++i) {
          const float tolerance = problem.is_padding(i) ? 0.0F : problem.tolerance(i);
          ASSERT_NEAR(actual[i], expected[i], tolerance) << kernels->name << " at " << i;
        }
      }
    }
  }
}

TEST(Kernels, FastTablesAgreeBitForBit) {
  Rng rng(2);
  for (const Sizes& sizes : kSizes) {
    const F32Problem problem(sizes, rng);
    const std::vector<float> values = random_floats(sizes.depth, rng);
    std::vector<std::vector<float>> products;
    std::vector<std::vector<float>> activated;
    std::vector<std::vector<float>> normed;
    for (const KernelTable* kernels : fast_kernels()) {
      products.push_back(problem.run(*kernels, true));
      activated.push_back(values);
      kernels->gelu(activated.back().data(), sizes.depth);
      kernels->softmax(activated.back().data(), sizes.depth, 0.3F);
      normed.push_back(values);
      kernels->layer_norm(normed.back().data(), values.data(), values.data(), values.data(), 1e-6F,
                          sizes.depth, normed.back().data());
    }
    for (size_t i = 1; i < products.size(); ++i) {
      EXPECT_EQ(products[0], products[i]);
      EXPECT_EQ(activated[0], activated[i]);
      EXPECT_EQ(normed[0], normed[i]);
    }
  }
}

// A row alone gives the bits it gives in any batch.
TEST(Kernels, GemmRowsDoNotDependOnTheBatch) {
  Rng rng(3);
  const size_t depth = 67;
  const size_t num_columns = 40;
  const std::vector<float> activations = random_floats(33 * depth, rng);
  PackedF32 packed;
  packed.pack(random_floats(num_columns * depth, rng).data(), num_columns, depth, depth, 1);
  for (const KernelTable* kernels : available_kernels()) {
    GemmF32 gemm = gemm_of(packed);
    gemm.a_stride = depth;
    gemm.c_stride = num_columns;
    for (size_t num_rows = 1; num_rows <= 33; ++num_rows) {
      std::vector<float> batch(num_rows * num_columns);
      std::vector<float> alone(num_columns);
      gemm.a = activations.data();
      gemm.c = batch.data();
      gemm.num_rows = num_rows;
      kernels->gemm_f32(gemm);
      gemm.a = activations.data() + (num_rows - 1) * depth;
      gemm.c = alone.data();
      gemm.num_rows = 1;
      kernels->gemm_f32(gemm);
      const std::vector<float> last(batch.end() - num_columns, batch.end());
      ASSERT_EQ(last, alone) << kernels->name << " with " << num_rows << " rows";
    }
  }
}

class S8Problem {
 public:
  // Pattern 0 is random; 1 is every activation 255 and every weight 127; 2 the same with random
  // signs.
  S8Problem(Sizes sizes, size_t group_depth, size_t num_outliers, int pattern, Rng& rng)
      : sizes_(sizes) {
    std::vector<float> weights = random_floats(sizes.num_columns * sizes.depth, rng);
    if (pattern > 0) {
      for (float& weight : weights) weight = pattern == 1 || rng.below(2) == 0 ? 1.0F : -1.0F;
    }
    PackedF32 packed;
    packed.pack(weights.data(), sizes.num_columns, sizes.depth, sizes.depth, 1);
    std::vector<size_t> outliers;
    for (size_t i = 0; i < num_outliers; ++i) outliers.push_back(rng.below(sizes.depth));
    packed_.quantize(packed, group_depth, outliers);
    stride_ = (sizes.depth + kDepthStep - 1) / kDepthStep * kDepthStep + 4;
    activations_.resize(sizes.num_rows * stride_);
    for (uint8_t& value : activations_) {
      value = pattern > 0 ? 255 : static_cast<uint8_t>(rng.below(256));
    }
    const size_t num_groups = gemm_of(packed_).num_groups();
    zero_point_ = static_cast<int32_t>(rng.below(256));
    scales_ = random_floats(sizes.num_rows * num_groups, rng);
    outliers_ = random_floats(sizes.num_rows * num_outliers, rng);
    bias_ = random_floats(sizes.num_columns, rng);
  }

  std::vector<float> run(const KernelTable& kernels) const {
    GemmS8 gemm = gemm_of(packed_);
    gemm.a = activations_.data();
    gemm.a_stride = stride_;
    gemm.a_scales = scales_.data();
    gemm.a_zero_point = zero_point_;
    gemm.a_outliers = outliers_.data();
    gemm.bias = bias_.data();
    gemm.c_stride = sizes_.num_columns + 1;
    gemm.num_rows = sizes_.num_rows;
    std::vector<float> out(sizes_.num_rows * gemm.c_stride, kUntouched);
    gemm.c = out.data();
    kernels.gemm_s8(gemm);
    return out;
  }

 private:
  Sizes sizes_;
  PackedS8 packed_;
  size_t stride_ = 0;
  std::vector<uint8_t> activations_;
  int32_t zero_point_ = 0;
  std::vector<float> scales_;
  std::vector<float> outliers_;
  std::vector<float> bias_;
};

// The sums of a group are exact integers and what follows is the same sequence of roundings, so all
// tables agree to the last bit, also where 16-bit sums would saturate.
TEST(Kernels, GemmS8MatchesItsTwinBitForBit) {
  Rng rng(4);
  for (const Sizes& sizes : kSizes) {
    for (const int pattern : {0, 1, 2}) {
      for (const size_t num_outliers : {0, 1, 4}) {
        for (const size_t group_depth : {4, 64, 192, 65536}) {
          const S8Problem problem(sizes, group_depth, num_outliers, pattern, rng);
          const std::vector<float> expected = problem.run(reference_kernels());
          for (const KernelTable* kernels : fast_kernels()) {
            ASSERT_EQ(problem.run(*kernels), expected)
                << kernels->name << " depth " << sizes.depth << " pattern " << pattern
                << " group depth " << group_depth;
          }
        }
      }
    }
  }
}

struct QuantizedBytes {
  std::vector<uint8_t> q;
  std::vector<float> scales;
  bool operator==(const QuantizedBytes&) const = default;
};

QuantizedBytes quantize(const KernelTable& kernels, const std::vector<float>& x, size_t group_depth,
                        float floor) {
  constexpr size_t kStride = 3;
  const size_t num_groups = (x.size() + group_depth - 1) / group_depth;
  QuantizedBytes out;
  out.q.assign((x.size() + kDepthStep - 1) / kDepthStep * kDepthStep, 7);
  std::vector<float> scales(num_groups * kStride, kUntouched);
  QuantizeRow row;
  row.x = x.data();
  row.size = x.size();
  row.group_depth = group_depth;
  row.floor = floor;
  row.q = out.q.data();
  row.scales = scales.data();
  row.scale_stride = kStride;
  kernels.quantize_row(row);
  for (size_t i = 0; i < scales.size(); ++i) {
    if (i % kStride == 0) {
      out.scales.push_back(scales[i]);
    } else {
      EXPECT_EQ(scales[i], kUntouched);
    }
  }
  return out;
}

TEST(Kernels, QuantizeRowMatchesItsTwinAndIsHalfAStepClose) {
  Rng rng(5);
  for (size_t size = 1; size < 200; ++size) {
    for (const float spread : {1.0F, 30.0F}) {
      for (const float floor : {0.0F, 0.17F}) {
        std::vector<float> x = random_floats(size, rng);
        for (float& value : x) value = std::max(value * spread, floor > 0 ? -floor : -1e9F);
        for (const size_t group_depth : {64, 192}) {
          const QuantizedBytes expected = quantize(reference_kernels(), x, group_depth, floor);
          for (size_t i = 0; i < size; ++i) {
            const float scale = expected.scales[i / group_depth];
            const auto steps = static_cast<float>(expected.q[i] - (floor > 0 ? 0 : 128));
            ASSERT_NEAR(steps * scale - floor, x[i], 0.501F * scale);
          }
          for (const KernelTable* kernels : fast_kernels()) {
            ASSERT_EQ(quantize(*kernels, x, group_depth, floor), expected) << kernels->name;
          }
        }
      }
    }
  }
}

// Most of what GELU gives is next to 0: an error there would add up.
TEST(Kernels, QuantizeRowAboveAFloorKeepsZeroExact) {
  for (const KernelTable* kernels : available_kernels()) {
    for (const float high : {0.0F, 0.3F, 1.0F, 5.0F, 40.0F}) {
      const QuantizedBytes row = quantize(*kernels, {0.0F, high, -0.17F, 0.0F}, 64, 0.17F);
      EXPECT_EQ(row.q[2], 0) << kernels->name;
      EXPECT_GE(row.q[0], 1);
      EXPECT_NEAR(static_cast<float>(row.q[0]) * row.scales[0], 0.17F, 4 * kUnit) << high;
    }
  }
}

TEST(Kernels, QuantizeRowOfZeros) {
  for (const KernelTable* kernels : available_kernels()) {
    const QuantizedBytes row = quantize(*kernels, std::vector<float>(21, 0.0F), 64, 0.0F);
    std::vector<uint8_t> expected(24, 0);
    std::fill_n(expected.begin(), 21, uint8_t{128});
    EXPECT_EQ(row.q, expected) << kernels->name;
    EXPECT_EQ(row.scales[0], 0.0F);
  }
}

TEST(Kernels, QuantizeRowLosesAGroupThatIsNotFinite) {
  for (const KernelTable* kernels : available_kernels()) {
    for (const float value : {std::nanf(""), INFINITY, -INFINITY}) {
      for (const size_t index : {64, 90, 127}) {
        for (const float floor : {0.0F, 1.0F}) {
          std::vector<float> x(160, 1.0F);
          x[index] = value;
          const QuantizedBytes row = quantize(*kernels, x, 64, floor);
          EXPECT_TRUE(std::isnan(row.scales[1])) << kernels->name << " " << value << " " << index;
          EXPECT_FLOAT_EQ(row.scales[0] * 127.0F, 1.0F) << kernels->name;
          EXPECT_FLOAT_EQ(row.scales[2] * 127.0F, 1.0F) << kernels->name;
        }
      }
    }
  }
}

TEST(Kernels, QuantizeRowOfTheLargestFloats) {
  for (const KernelTable* kernels : available_kernels()) {
    std::vector<float> x(24, 3.0e38F);
    x[20] = -3.0e38F;
    const QuantizedBytes row = quantize(*kernels, x, 64, 0.0F);
    EXPECT_FLOAT_EQ(row.scales[0], 3.0e38F / 127.0F) << kernels->name;
    EXPECT_EQ(row.q[0], 255);
    EXPECT_EQ(row.q[20], 1);
  }
}

TEST(Kernels, GeluMatchesItsTwin) {
  for (const KernelTable* kernels : fast_kernels()) {
    for (float x = -12.0F; x < 12.0F; x += 0.00037F) {
      float expected = x;
      float actual = x;
      reference_kernels().gelu(&expected, 1);
      kernels->gelu(&actual, 1);
      // 1 + erf loses what is below the last place of 1 for negative x; the factor is |x| / 2.
      ASSERT_NEAR(actual, expected, 4.0F * kUnit * (std::fabs(x) + std::fabs(expected))) << x;
    }
  }
}

TEST(Kernels, SoftmaxMatchesItsTwin) {
  Rng rng(6);
  for (const KernelTable* kernels : fast_kernels()) {
    for (size_t size = 1; size < 80; ++size) {
      for (const float spread : {0.1F, 3.0F, 500.0F}) {
        std::vector<float> expected = random_floats(size, rng);
        for (float& value : expected) value *= spread;
        std::vector<float> actual = expected;
        reference_kernels().softmax(expected.data(), size, 0.25F);
        kernels->softmax(actual.data(), size, 0.25F);
        for (size_t i = 0; i < size; ++i) ASSERT_NEAR(actual[i], expected[i], 64 * kUnit);
      }
    }
  }
}

TEST(Kernels, LayerNormMatchesItsTwin) {
  Rng rng(7);
  for (const KernelTable* kernels : fast_kernels()) {
    for (size_t size = 2; size < 80; ++size) {
      const std::vector<float> x = random_floats(size, rng);
      const std::vector<float> residual = random_floats(size, rng);
      const std::vector<float> weight = random_floats(size, rng);
      const std::vector<float> bias = random_floats(size, rng);
      for (const float* added : {static_cast<const float*>(nullptr), residual.data()}) {
        std::vector<float> expected(size);
        std::vector<float> actual = x;
        reference_kernels().layer_norm(x.data(), added, weight.data(), bias.data(), 1e-5F, size,
                                       expected.data());
        kernels->layer_norm(actual.data(), added, weight.data(), bias.data(), 1e-5F, size,
                            actual.data());
        for (size_t i = 0; i < size; ++i) ASSERT_NEAR(actual[i], expected[i], 2e-5F);
      }
    }
  }
}

TEST(Dispatch, NamesTablesAndRefusesOthers) {
  EXPECT_EQ(find_kernels("reference").value(), &reference_kernels());
  EXPECT_EQ(find_kernels("").value(), available_kernels().back());
  const Error error = find_kernels("mmx").error();
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_NE(error.message.find("expected one of reference"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("found \"mmx\""), std::string::npos) << error.message;
}

}  // namespace
}  // namespace ganglion
