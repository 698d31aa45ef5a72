#include "mesh/budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ganglion {
namespace {

const RemotePrice kPrice{"EUR", 2'500, 10'000};

TEST(Budget, PricesAreExactAndRoundedUp) {
  EXPECT_EQ(cost_micros(kPrice, 0, 0), 0);
  EXPECT_EQ(cost_micros(kPrice, 1000, 1000), 12'500);
  EXPECT_EQ(cost_micros(kPrice, 1, 0), 3);  // 2.5 micro-units
  EXPECT_EQ(cost_micros({"EUR", 1, 0}, 1, 0), 1);
  EXPECT_EQ(cost_micros({"EUR", 1'000'000'000, 0}, int64_t{1} << 40, 0),
            (int64_t{1} << 40) * 1'000'000);
}

TEST(Budget, EstimatesTokens) {
  EXPECT_EQ(estimate_tokens(""), 0);
  EXPECT_EQ(estimate_tokens("abcd"), 1);
  EXPECT_EQ(estimate_tokens("abcde"), 2);
}

TEST(Budget, CannotBeOverspentByReservations) {
  Budget budget(100);
  EXPECT_TRUE(budget.reserve(60));
  EXPECT_FALSE(budget.reserve(41));
  EXPECT_TRUE(budget.reserve(40));
  budget.settle(60, 10);
  EXPECT_EQ(budget.spent_micros(), 10);
  EXPECT_TRUE(budget.reserve(50));
  EXPECT_FALSE(budget.reserve(1));
}

TEST(Budget, HoldsUnderManyThreads) {
  Budget budget(10'000);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10'000; ++j) {
        if (budget.reserve(7)) budget.settle(7, 7);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.spent_micros(), 9'996);  // the largest multiple of 7
}

TEST(Budget, WithoutALimitEverythingIsAllowed) {
  Budget budget(std::nullopt);
  EXPECT_TRUE(budget.reserve(int64_t{1} << 50));
}

}  // namespace
}  // namespace ganglion
