// The kernels of attention against plain loops and their readable twins, for every table, and that
// a row's result depends on nothing but the row.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/quantized_rows.h"

namespace ganglion {
namespace {

std::vector<const KernelTable*> fast_kernels() {
  std::vector<const KernelTable*> tables = available_kernels();
  tables.erase(tables.begin());
  return tables;
}

// Blocks of scores that rows see one after the other, and what softmax steps make of them.
struct Softmax {
  size_t num_rows;
  std::vector<float> largest, sums, factors;
  std::vector<BlockRange> counted;

  explicit Softmax(size_t rows)
      : num_rows(rows),
        largest(rows, kNoScore),
        sums(rows * 16, 0.0F),
        factors(rows),
        counted(rows) {}

  SoftmaxStep step(std::vector<float>& scores, float soft_cap = 0) {
    return {.scores = scores.data(),
            .counted = counted.data(),
            .soft_cap = soft_cap,
            .largest = largest.data(),
            .sums = sums.data(),
            .factors = factors.data(),
            .num_rows = num_rows};
  }
};

std::vector<float> random_scores(size_t num_rows, Rng& rng) {
  std::vector<float> scores(num_rows * kAttentionBlock);
  for (float& score : scores) score = 10 * static_cast<float>(rng.normal());
  return scores;
}

// Three blocks, the first and last seen in part.
struct ThreeBlocks {
  static constexpr size_t kFirst = 5;
  static constexpr size_t kLast = 150;
  std::vector<float> scores[3];  // of two rows
  std::vector<double> expected[2];

  ThreeBlocks(float soft_cap, Rng& rng) {
    for (std::vector<float>& block : scores) block = random_scores(2, rng);
    for (size_t row = 0; row < 2; ++row) {
      expected[row].resize(3 * kAttentionBlock);
      double total = 0;
      for (size_t i = kFirst; i < kLast; ++i) {
        const double score =
            scores[i / kAttentionBlock][row * kAttentionBlock + i % kAttentionBlock];
        const auto cap = static_cast<double>(soft_cap);
        expected[row][i] = std::exp2(cap > 0 ? cap * std::tanh(score / cap) : score);
        total += expected[row][i];
      }
      for (double& weight : expected[row]) weight /= total;
    }
  }
  static BlockRange counted(size_t block) {
    const size_t last = std::min(kLast - block * kAttentionBlock, kAttentionBlock);
    return {block == 0 ? uint32_t{kFirst} : 0, static_cast<uint32_t>(last)};
  }
};

TEST(AttentionKernels, SoftmaxStepsMakeASoftmax) {
  Rng rng(6);
  for (const KernelTable* kernels : available_kernels()) {
    for (const float soft_cap : {0.0F, 5.0F}) {
      const ThreeBlocks problem(soft_cap, rng);
      Softmax softmax(2);
      std::vector<float> weights[2];  // of the blocks one behind the other
      for (size_t block = 0; block < 3; ++block) {
        std::vector<float> scores = problem.scores[block];
        softmax.counted.assign(2, ThreeBlocks::counted(block));
        kernels->softmax_step(softmax.step(scores, soft_cap));
        for (size_t row = 0; row < 2; ++row) {
          for (float& weight : weights[row]) weight *= softmax.factors[row];
          const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(row * kAttentionBlock);
          weights[row].insert(weights[row].end(), begin, begin + kAttentionBlock);
        }
      }
      for (size_t row = 0; row < 2; ++row) {
        const float sum = kernels->sum_lanes(softmax.sums.data() + row * 16);
        for (size_t i = 0; i < weights[row].size(); ++i) {
          EXPECT_NEAR(static_cast<double>(weights[row][i] / sum), problem.expected[row][i], 2e-6)
              << kernels->name << " " << i;
        }
      }
    }
  }
}

// Half a step of 8 bits, and the polynomial of the exponential.
TEST(AttentionKernels, QuantizedWeightsAreThoseOfASoftmaxTimesTheScales) {
  Rng rng(7);
  std::vector<float> value_scales(kAttentionBlock);
  for (float& scale : value_scales) scale = static_cast<float>(0.01 + rng.uniform());
  for (const KernelTable* kernels : available_kernels()) {
    const ThreeBlocks problem(0, rng);
    Softmax softmax(2);
    std::vector<double> weights[2];
    std::vector<double> bounds[2];
    for (size_t block = 0; block < 3; ++block) {
      std::vector<float> scores = problem.scores[block];
      std::vector<uint8_t> q(scores.size(), 77);
      std::vector<float> scales(2);
      softmax.counted.assign(2, ThreeBlocks::counted(block));
      kernels->softmax_step_u8(softmax.step(scores),
                               {value_scales.data(), q.data(), scales.data()});
      for (size_t row = 0; row < 2; ++row) {
        for (double& weight : weights[row]) weight *= static_cast<double>(softmax.factors[row]);
        for (double& bound : bounds[row]) bound *= static_cast<double>(softmax.factors[row]);
        const auto scale = static_cast<double>(scales[row]);
        for (size_t i = 0; i < kAttentionBlock; ++i) {
          weights[row].push_back(scale * q[row * kAttentionBlock + i]);
          bounds[row].push_back(scale * 0.5001);
        }
      }
    }
    for (size_t row = 0; row < 2; ++row) {
      const auto sum = static_cast<double>(kernels->sum_lanes(softmax.sums.data() + row * 16));
      for (size_t i = 0; i < weights[row].size(); ++i) {
        const double expected =
            problem.expected[row][i] * static_cast<double>(value_scales[i % kAttentionBlock]);
        EXPECT_NEAR(weights[row][i] / sum, expected, bounds[row][i] / sum + 2e-4 * expected)
            << kernels->name << " " << i;
      }
    }
  }
}

TEST(AttentionKernels, ASoftmaxStepThatSeesNothingChangesNothing) {
  for (const KernelTable* kernels : available_kernels()) {
    std::vector<float> scores(kAttentionBlock, 3.0F);
    Softmax softmax(1);
    softmax.sums.assign(16, 2.0F);
    softmax.largest = {-1.5F};
    softmax.counted = {{7, 7}};
    kernels->softmax_step(softmax.step(scores));
    EXPECT_EQ(scores, std::vector<float>(kAttentionBlock, 0.0F)) << kernels->name;
    std::vector<uint8_t> q(kAttentionBlock, 77);
    float scale = 77;
    const std::vector<float> value_scales(kAttentionBlock, 1.0F);
    kernels->softmax_step_u8(softmax.step(scores), {value_scales.data(), q.data(), &scale});
    EXPECT_EQ(q, std::vector<uint8_t>(kAttentionBlock, 0)) << kernels->name;
    EXPECT_EQ(scale, 0.0F);
    EXPECT_EQ(softmax.factors[0], 1.0F);
    EXPECT_EQ(softmax.sums, std::vector<float>(16, 2.0F)) << kernels->name;
    EXPECT_EQ(softmax.largest[0], -1.5F);
  }
}

TEST(AttentionKernels, AScaleThatIsNotFiniteIsNotLost) {
  Rng rng(8);
  for (const KernelTable* kernels : available_kernels()) {
    for (const float lost :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      std::vector<float> value_scales(kAttentionBlock, 1.0F);
      value_scales[40] = lost;
      for (const uint32_t last : {41, 40}) {
        std::vector<float> scores = random_scores(1, rng);
        std::vector<uint8_t> q(kAttentionBlock);
        float scale = 0;
        Softmax softmax(1);
        softmax.counted = {{0, last}};
        kernels->softmax_step_u8(softmax.step(scores), {value_scales.data(), q.data(), &scale});
        EXPECT_EQ(std::isfinite(kernels->sum_lanes(softmax.sums.data())), last == 40)
            << kernels->name;
      }
    }
  }
}

// All tables but the reference, whose exponential is another.
TEST(AttentionKernels, SoftmaxStepsGiveTheSameBitsInEveryTable) {
  Rng rng(9);
  const std::vector<float> scores = random_scores(5, rng);
  const std::vector<float> value_scales(kAttentionBlock, 0.3F);
  const auto run = [&](const KernelTable& kernels) {
    Softmax softmax(5);
    softmax.counted[3] = {2, 50};
    std::vector<float> results = scores;
    kernels.softmax_step(softmax.step(results));
    std::vector<float> others = scores;
    std::vector<uint8_t> q(scores.size());
    std::vector<float> scales(5);
    kernels.softmax_step_u8(softmax.step(others), {value_scales.data(), q.data(), scales.data()});
    results.insert(results.end(), q.begin(), q.end());
    results.insert(results.end(), scales.begin(), scales.end());
    results.insert(results.end(), softmax.sums.begin(), softmax.sums.end());
    return results;
  };
  for (const KernelTable* kernels : fast_kernels()) {
    EXPECT_EQ(run(*kernels), run(*fast_kernels().front())) << kernels->name;
  }
}

TEST(AttentionKernels, ScoresMatchTheirTwinBitForBit) {
  Rng rng(10);
  for (const size_t head_dim : {32, 64, 96, 128}) {
    std::vector<uint8_t> quads(head_dim * kAttentionBlock);
    for (uint8_t& code : quads) code = static_cast<uint8_t>(1 + rng.below(255));
    std::vector<float> scales(head_dim / 32 * kAttentionBlock);
    for (float& scale : scales) scale = static_cast<float>(rng.uniform());
    for (size_t num_rows = 1; num_rows <= 33; num_rows += num_rows < 8 ? 1 : 5) {
      std::vector<float> rows(num_rows * head_dim);
      for (float& value : rows) value = static_cast<float>(rng.normal());
      // The worst: all of the largest magnitude.
      std::fill_n(rows.begin(), head_dim, -1.0F);
      if (num_rows == 7) std::fill(quads.begin(), quads.end(), uint8_t{1});
      QuantizedRows queries;
      queries.resize(num_rows, head_dim, 1);
      for (size_t row = 0; row < num_rows; ++row) {
        queries.quantize(reference_kernels(), row, rows.data(), 1);
      }
      const auto run = [&](const KernelTable& kernels, size_t first, size_t count) {
        std::vector<float> scores(count * kAttentionBlock, -1.0F);
        kernels.score_keys({.queries = queries.tile(first),
                            .quads = quads.data(),
                            .scales = scales.data(),
                            .scores = scores.data(),
                            .num_rows = count,
                            .head_dim = head_dim});
        return scores;
      };
      const std::vector<float> expected = run(reference_kernels(), 0, num_rows);
      for (const KernelTable* kernels : fast_kernels()) {
        EXPECT_EQ(run(*kernels, 0, num_rows), expected) << kernels->name << " " << num_rows;
        const std::vector<float> last = run(*kernels, num_rows - 1, 1);
        EXPECT_TRUE(std::equal(last.begin(), last.end(), expected.end() - kAttentionBlock));
      }
    }
  }
}

TEST(AttentionKernels, MixedValuesMatchTheirTwinBitForBit) {
  Rng rng(11);
  const auto random_floats = [&](size_t size) {
    std::vector<float> values(size);
    for (float& value : values) value = static_cast<float>(rng.normal());
    return values;
  };
  for (const size_t head_dim : {16, 32, 64, 80, 144}) {
    for (size_t num_rows = 1; num_rows <= 33; num_rows += num_rows < 8 ? 1 : 5) {
      std::vector<uint8_t> weights(num_rows * kAttentionBlock);
      for (uint8_t& weight : weights) weight = static_cast<uint8_t>(rng.below(256));
      std::vector<int8_t> quads(kAttentionBlock * head_dim);
      for (int8_t& code : quads) code = static_cast<int8_t>(127 - rng.below(255));
      if (num_rows == 7) {  // the worst
        std::fill(weights.begin(), weights.end(), uint8_t{255});
        std::fill(quads.begin(), quads.end(), int8_t{-127});
      }
      const std::vector<float> scales = random_floats(num_rows);
      const std::vector<float> factors = random_floats(num_rows);
      const std::vector<float> start = random_floats(num_rows * head_dim);
      const auto run = [&](const KernelTable& kernels) {
        std::vector<float> mixed = start;
        kernels.mix_values({.weights = weights.data(),
                            .scales = scales.data(),
                            .factors = factors.data(),
                            .quads = quads.data(),
                            .mixed = mixed.data(),
                            .num_rows = num_rows,
                            .head_dim = head_dim});
        return mixed;
      };
      const std::vector<float> expected = run(reference_kernels());
      for (const KernelTable* kernels : fast_kernels()) {
        EXPECT_EQ(run(*kernels), expected) << kernels->name << " " << head_dim << " " << num_rows;
      }
    }
  }
}

}  // namespace
}  // namespace ganglion
