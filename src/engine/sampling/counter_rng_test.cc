#include "engine/sampling/counter_rng.h"

#include <gtest/gtest.h>

#include <set>

namespace ganglion {
namespace {

using Words = std::array<uint32_t, 4>;

// The three known answers that Random123 1.14 gives for philox4x32 with 10 rounds.
TEST(CounterRng, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterRng, StepsAndSeedsAreIndependent) {
  std::set<double> seen;
  double sum = 0;
  for (uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 40}) {
    for (uint64_t step = 0; step < 1000; ++step) {
      const StepChances chances = step_chances(seed, step);
      for (const double chance : {chances.token, chances.exclusion}) {
        EXPECT_GE(chance, 0);
        EXPECT_LT(chance, 1);
        sum += chance;
        EXPECT_TRUE(seen.insert(chance).second);
      }
    }
  }
  EXPECT_NEAR(sum / 6000, 0.5, 4 * 0.2887 / 77.46);  // four standard errors
}

}  // namespace
}  // namespace ganglion
