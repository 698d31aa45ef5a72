// When to send a request again, and after how long.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/rng.h"
#include "http/http_client.h"

namespace ganglion {

// Defaults: those of the OpenAI clients (openai-python e43b422).
struct RetryPolicy {
  int max_attempts = 3;  // the first one included
  int64_t initial_delay_ms = 500;
  int64_t max_delay_ms = 8'000;
  int64_t max_retry_after_ms = 120'000;  // a server that asks for more is taken as down
};

// The wait before attempt number `attempt` + 1 (attempts count from 1), or nothing when the request
// must not be sent again. Status 408, 409, 429 and >= 500, cut connections and timeouts are
// retried; x-should-retry overrules the status; retry-after-ms and retry-after (seconds or
// an HTTP date, against `wall_us`) overrule the exponential back-off with 25 % jitter.
std::optional<int64_t> retry_delay_ms(const RetryPolicy& policy, int attempt,
                                      const Result<HttpResponse>& outcome, int64_t wall_us,
                                      Rng& rng);

}  // namespace ganglion
