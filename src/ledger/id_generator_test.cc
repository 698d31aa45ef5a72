#include "ledger/id_generator.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(IdGenerator, TimeComesFirstAsInTheUlidSpecification) {
  // The example of the specification: 1469918176385 ms is 01ARYZ6S41.
  const FakeClock clock(1'469'918'176'385'000);
  IdGenerator ids(clock, 1);
  const std::string id = ids.next();
  EXPECT_EQ(id.size(), 26u);
  EXPECT_EQ(id.substr(0, 10), "01ARYZ6S41");
}

TEST(IdGenerator, IncreasesWithinAMillisecondAndWhenTheClockGoesBack) {
  FakeClock clock(1'000'000'000);
  IdGenerator ids(clock, 2);
  std::string last = ids.next();
  for (int i = 0; i < 10'000; ++i) {
    if (i == 3000) clock.advance_us(5000);
    if (i == 6000) clock.advance_us(-900'000);
    std::string id = ids.next();
    ASSERT_LT(last, id);
    last = std::move(id);
  }
}

TEST(IdGenerator, SeedsGiveDifferentIds) {
  const FakeClock clock(1'000'000);
  EXPECT_NE(IdGenerator(clock, 1).next(), IdGenerator(clock, 2).next());
  EXPECT_EQ(IdGenerator(clock, 3).next(), IdGenerator(clock, 3).next());
}

}  // namespace
}  // namespace ganglion
