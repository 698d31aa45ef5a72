#include "http/retry.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

Result<HttpResponse> response(int status, std::vector<HttpHeader> headers = {}) {
  return HttpResponse{status, std::move(headers), ""};
}

std::optional<int64_t> delay_ms(const Result<HttpResponse>& outcome, int attempt = 1,
                                int64_t wall_us = 0) {
  Rng rng(1);
  return retry_delay_ms(RetryPolicy{}, attempt, outcome, wall_us, rng);
}

TEST(Retry, RetriesWhatMayPass) {
  for (int status : {408, 409, 429, 500, 502, 503, 529}) EXPECT_TRUE(delay_ms(response(status)));
  for (int status : {200, 301, 400, 401, 403, 404, 422}) EXPECT_FALSE(delay_ms(response(status)));
  EXPECT_TRUE(delay_ms(fail(ErrorCode::kUnavailable, "cut")));
  EXPECT_TRUE(delay_ms(fail(ErrorCode::kTimeout, "slow")));
  EXPECT_FALSE(delay_ms(fail(ErrorCode::kDenied, "certificate")));
  EXPECT_FALSE(delay_ms(fail(ErrorCode::kLimit, "huge")));
}

TEST(Retry, TheServerMayOverrule) {
  EXPECT_TRUE(delay_ms(response(400, {{"X-Should-Retry", "true"}})));
  EXPECT_FALSE(delay_ms(response(500, {{"x-should-retry", "false"}})));
  EXPECT_EQ(delay_ms(response(429, {{"Retry-After", "7"}})), 7000);
  EXPECT_EQ(delay_ms(response(429, {{"retry-after-ms", "250"}, {"retry-after", "9"}})), 250);
  EXPECT_EQ(
      delay_ms(response(503, {{"retry-after", "Thu, 01 Jan 1970 00:00:42 GMT"}}), 1, 2'000'000),
      40'000);
  EXPECT_EQ(delay_ms(response(503, {{"retry-after", "Thu, 01 Jan 1970 00:00:42 GMT"}}), 1,
                     int64_t{90} * 1'000'000),
            0);
}

TEST(Retry, AnAbsurdWaitMeansDown) {
  EXPECT_FALSE(delay_ms(response(429, {{"retry-after", "121"}})));
  EXPECT_FALSE(delay_ms(response(429, {{"retry-after", "1e300"}})));
  EXPECT_TRUE(delay_ms(response(429, {{"retry-after", "soon"}})));  // not understood: back off
  EXPECT_TRUE(delay_ms(response(429, {{"retry-after", "-5"}})));
}

TEST(Retry, BacksOffExponentiallyWithJitter) {
  RetryPolicy policy;
  policy.max_attempts = 100;
  Rng rng(3);
  for (int attempt = 1; attempt < 20; ++attempt) {
    const int64_t full = std::min<int64_t>(500LL << std::min(attempt - 1, 10), 8000);
    const int64_t delay = *retry_delay_ms(policy, attempt, response(500), 0, rng);
    EXPECT_LE(delay, full);
    EXPECT_GE(delay, full * 3 / 4 - 1);
  }
}

TEST(Retry, StopsAfterTheLastAttempt) {
  EXPECT_TRUE(delay_ms(response(500), 2));
  EXPECT_FALSE(delay_ms(response(500), 3));
}

}  // namespace
}  // namespace ganglion
