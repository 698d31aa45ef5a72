// The kernels of decoders against their readable twins: odd sizes, every table, and that a row's
// result depends on nothing but the row.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

constexpr float kUnit = 1.0F / (1 << 24);  // half a unit in the last place of 1
constexpr float kUntouched = -12345.0F;

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

struct Problem {
  size_t num_rows, num_columns, depth;
  std::vector<float> a, w, bias;

  Problem(size_t rows, size_t columns, size_t inputs, Rng& rng)
      : num_rows(rows),
        num_columns(columns),
        depth(inputs),
        a(random_floats(rows * inputs, rng)),
        w(random_floats(columns * (inputs + 3), rng)),
        bias(random_floats(columns, rng)) {}

  std::vector<float> run(const KernelTable& kernels, size_t first_row, size_t count) const {
    const size_t stride = num_columns + 1;
    std::vector<float> c(count * stride, kUntouched);
    GemmRows gemm;
    gemm.a = a.data() + first_row * depth;
    gemm.a_stride = depth;
    gemm.w = w.data();
    gemm.w_stride = depth + 3;
    gemm.bias = bias.data();
    gemm.c = c.data();
    gemm.c_stride = stride;
    gemm.num_rows = count;
    gemm.num_columns = num_columns;
    gemm.depth = depth;
    kernels.gemm_rows(gemm);
    return c;
  }
};

TEST(DecoderKernels, GemmRowsMatchesItsTwinAndEveryTableTheOthers) {
  Rng rng(1);
  for (const size_t depth : {1, 5, 15, 16, 17, 64, 100, 259}) {
    const Problem problem(7, 13, depth, rng);
    const std::vector<float> expected = problem.run(reference_kernels(), 0, 7);
    std::vector<float> first;
    for (const KernelTable* kernels : fast_kernels()) {
      const std::vector<float> actual = problem.run(*kernels, 0, 7);
      const float tolerance = static_cast<float>(depth + 2) * 16 * kUnit;
      for (size_t i = 0; i < actual.size(); ++i) {
        ASSERT_NEAR(actual[i], expected[i], tolerance) << kernels->name << " depth " << depth;
      }
      if (first.empty()) first = actual;
      EXPECT_EQ(actual, first) << kernels->name;
    }
  }
}

TEST(DecoderKernels, GemmRowsOfARowDoNotDependOnTheBatch) {
  Rng rng(2);
  const Problem problem(9, 11, 77, rng);
  for (const KernelTable* kernels : available_kernels()) {
    const std::vector<float> all = problem.run(*kernels, 0, 9);
    for (size_t row = 0; row < 9; ++row) {
      const std::vector<float> alone = problem.run(*kernels, row, 1);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + row * 12)) << kernels->name;
    }
  }
}

TEST(DecoderKernels, GemmColumnsMatchesItsTwinBitForBit) {
  Rng rng(3);
  for (const size_t num_columns : {16, 32, 64, 80, 144}) {
    for (const size_t num_rows : {1, 2, 5, 6, 7, 13}) {
      for (const size_t depth : {1, 8, 31, 64}) {
        for (const bool adds : {false, true}) {
          const std::vector<float> a = random_floats(num_rows * (depth + 2), rng);
          const std::vector<float> b = random_floats(depth * num_columns, rng);
          const std::vector<float> start = random_floats(num_rows * num_columns, rng);
          const auto run = [&](const KernelTable& kernels) {
            std::vector<float> c = start;
            kernels.gemm_columns(
                {a.data(), depth + 2, b.data(), c.data(), num_rows, num_columns, depth, adds});
            return c;
          };
          const std::vector<float> expected = run(reference_kernels());
          for (const KernelTable* kernels : fast_kernels()) {
            EXPECT_EQ(run(*kernels), expected) << kernels->name << " " << num_columns;
          }
        }
      }
    }
  }
}

TEST(DecoderKernels, GemmPairsMatchesItsTwinBitForBit) {
  Rng rng(8);
  const auto bfloats = [&](size_t size) {
    std::vector<uint16_t> values(size);
    for (uint16_t& value : values) value = bf16_from_f32(static_cast<float>(rng.normal()));
    return values;
  };
  for (const size_t num_columns : {16, 64, 80, 144}) {
    for (const size_t num_rows : {1, 2, 3, 6, 7, 13}) {
      for (const size_t depth : {2, 8, 30, 64}) {
        for (const bool adds : {false, true}) {
          const std::vector<uint16_t> a = bfloats(num_rows * (depth + 2));
          const std::vector<uint16_t> b = bfloats(depth * (num_columns + 3) + 32);
          const std::vector<float> start = random_floats(num_rows * num_columns, rng);
          const auto run = [&](const KernelTable& kernels) {
            std::vector<float> c = start;
            kernels.gemm_pairs({a.data(), depth + 2, b.data(), num_columns + 3, c.data(), num_rows,
                                num_columns, depth, adds});
            return c;
          };
          const std::vector<float> expected = run(reference_kernels());
          for (const KernelTable* kernels : fast_kernels()) {
            EXPECT_EQ(run(*kernels), expected) << kernels->name << " " << num_columns;
          }
        }
      }
    }
  }
}

TEST(DecoderKernels, RmsNormMatchesItsTwin) {
  Rng rng(4);
  for (size_t size = 1; size < 80; ++size) {
    const std::vector<float> x = random_floats(size, rng);
    const std::vector<float> weight = random_floats(size, rng);
    std::vector<float> expected(size);
    reference_kernels().rms_norm(x.data(), weight.data(), 1e-5F, size, expected.data());
    for (const KernelTable* kernels : fast_kernels()) {
      std::vector<float> actual = x;
      kernels->rms_norm(actual.data(), weight.data(), 1e-5F, size, actual.data());
      for (size_t i = 0; i < size; ++i) {
        ASSERT_NEAR(actual[i], expected[i], 16 * kUnit * (1 + std::fabs(expected[i])));
      }
    }
  }
}

TEST(DecoderKernels, ActivationsMatchTheirTwins) {
  for (const KernelTable* kernels : fast_kernels()) {
    for (float x = -40.0F; x < 40.0F; x += 0.0013F) {
      const auto both = [&](auto kernel) {
        float expected = x;
        float actual = x;
        kernel(reference_kernels(), &expected);
        kernel(*kernels, &actual);
        ASSERT_NEAR(actual, expected, 16 * kUnit * (0.1F + std::fabs(x)))
            << kernels->name << " at " << x;
      };
      both([](const KernelTable& table, float* value) { table.silu(value, 1); });
      both([](const KernelTable& table, float* value) { table.gelu_tanh(value, 1); });
      both([](const KernelTable& table, float* value) { table.soft_cap(value, 1, 5.0F); });
    }
    float extremes[] = {-1e30F, 1e30F, 0.0F};
    kernels->silu(extremes, 3);
    EXPECT_NEAR(extremes[0], 0.0F, 1e-7F);
    EXPECT_EQ(extremes[1], 1e30F);
    EXPECT_EQ(extremes[2], 0.0F);
  }
}

}  // namespace
}  // namespace ganglion
