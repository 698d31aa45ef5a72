#include "nn/attention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "kernels/dispatch.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::Pointwise;

TEST(Attention, SlopesOfThePaper) {
  EXPECT_THAT(alibi_slopes(8), Pointwise(FloatEq(), {0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625,
                                                     0.0078125, 0.00390625}));
  // Beyond a power of two: every second slope of twice as many heads.
  EXPECT_THAT(alibi_slopes(6), ElementsAre(FloatEq(0.25F), FloatEq(0.0625F), FloatEq(0.015625F),
                                           FloatEq(0.00390625F), FloatEq(0.5F), FloatEq(0.125F)));
}

// Equal scores: what is left are the distances.
TEST(Attention, WeightFallsWithDistance) {
  constexpr size_t kTokens = 3;
  // One head of one value: queries and keys 0, values 1, 2 and 3.
  const float qkv[kTokens * 3] = {0, 0, 1, 0, 0, 2, 0, 0, 3};
  const std::vector<float> slopes = {0.5F};
  const float near = std::exp(-0.5F);
  const float far = std::exp(-1.0F);
  for (const KernelTable* kernels : available_kernels()) {
    float out[kTokens];
    AttentionScratch scratch;
    self_attention(*kernels, Precision::kF32, qkv, kTokens, {0, kTokens}, 1, 1, slopes, out,
                   scratch);
    EXPECT_NEAR(out[0], (1 + 2 * near + 3 * far) / (1 + near + far), 1e-6F) << kernels->name;
    EXPECT_NEAR(out[1], 2, 1e-6F) << kernels->name;
    EXPECT_NEAR(out[2], (far + 2 * near + 3) / (1 + near + far), 1e-6F) << kernels->name;
    self_attention(*kernels, Precision::kF32, qkv, kTokens, {0, kTokens}, 1, 1, {}, out, scratch);
    EXPECT_NEAR(out[0], 2, 1e-6F) << kernels->name;
  }
}

// Factors in bfloat16 are within 2^-8 of themselves: so are the weights and what they mix.
TEST(Attention, BfloatsAreCloseToFloats) {
  constexpr size_t kHeads = 2;
  constexpr size_t kDim = 32;
  constexpr size_t kHidden = kHeads * kDim;
  Rng rng(11);
  for (const size_t num_tokens : {1, 2, 15, 16, 17, 50}) {
    std::vector<float> qkv(num_tokens * 3 * kHidden);
    for (float& value : qkv) value = static_cast<float>(rng.normal());
    for (const std::vector<float>& slopes :
         {std::vector<float>{}, std::vector<float>{0.5F, 0.1F}}) {
      std::vector<float> of_first_table;
      for (const KernelTable* kernels : available_kernels()) {
        AttentionScratch scratch;
        const auto attend = [&](Precision precision, TokenRange queries) {
          std::vector<float> out((queries.end - queries.begin) * kHidden);
          self_attention(*kernels, precision, qkv.data(), num_tokens, queries, kHeads, kDim, slopes,
                         out.data(), scratch);
          return out;
        };
        const std::vector<float> expected = attend(Precision::kF32, {0, num_tokens});
        const std::vector<float> actual = attend(Precision::kS8, {0, num_tokens});
        EXPECT_THAT(actual, Pointwise(testing::FloatNear(0.05F), expected)) << kernels->name;
        // The last query alone gives the same bits.
        const std::vector<float> last = attend(Precision::kS8, {num_tokens - 1, num_tokens});
        EXPECT_EQ(last, std::vector<float>(actual.end() - kHidden, actual.end()));
        if (kernels->name == "reference") continue;
        if (of_first_table.empty()) of_first_table = actual;
        EXPECT_EQ(actual, of_first_table) << kernels->name;
      }
    }
  }
}

}  // namespace
}  // namespace ganglion
