#include "http/circuit_breaker.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

constexpr CircuitBreakerOptions kOptions{3, 1000};

void fail_times(CircuitBreaker& breaker, int times) {
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(breaker.allow());
    breaker.record(false);
  }
}

TEST(CircuitBreaker, OpensAfterFailuresInARow) {
  FakeClock clock;
  CircuitBreaker breaker(kOptions, clock);
  fail_times(breaker, 2);
  breaker.record(true);  // a success in between starts the count again
  fail_times(breaker, 2);
  EXPECT_TRUE(breaker.allow());
  breaker.record(false);
  EXPECT_TRUE(breaker.is_open());
  EXPECT_FALSE(breaker.allow());
}

TEST(CircuitBreaker, LetsOneProbeThroughAfterThePause) {
  FakeClock clock;
  CircuitBreaker breaker(kOptions, clock);
  fail_times(breaker, 3);
  clock.advance_us(999'000);
  EXPECT_FALSE(breaker.allow());
  clock.advance_us(1'000);
  EXPECT_TRUE(breaker.allow());
  EXPECT_FALSE(breaker.allow());  // the probe is still out
  breaker.record(true);
  EXPECT_TRUE(breaker.allow());
  EXPECT_FALSE(breaker.is_open());
}

TEST(CircuitBreaker, AFailedProbeStartsThePauseAgain) {
  FakeClock clock;
  CircuitBreaker breaker(kOptions, clock);
  fail_times(breaker, 3);
  clock.advance_us(1'000'000);
  EXPECT_TRUE(breaker.allow());
  breaker.record(false);
  EXPECT_FALSE(breaker.allow());
  clock.advance_us(1'000'000);
  EXPECT_TRUE(breaker.allow());
}

}  // namespace
}  // namespace ganglion
