#include "nn/attention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

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
    self_attention(*kernels, qkv, kTokens, {0, kTokens}, 1, 1, slopes, out, scratch);
    EXPECT_NEAR(out[0], (1 + 2 * near + 3 * far) / (1 + near + far), 1e-6F) << kernels->name;
    EXPECT_NEAR(out[1], 2, 1e-6F) << kernels->name;
    EXPECT_NEAR(out[2], (far + 2 * near + 3) / (1 + near + far), 1e-6F) << kernels->name;
    self_attention(*kernels, qkv, kTokens, {0, kTokens}, 1, 1, {}, out, scratch);
    EXPECT_NEAR(out[0], 2, 1e-6F) << kernels->name;
  }
}

}  // namespace
}  // namespace ganglion
