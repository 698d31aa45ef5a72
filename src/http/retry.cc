#include "http/retry.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ganglion {
namespace {

std::optional<double> parse_number(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || !std::isfinite(value) || value < 0.0) return std::nullopt;
  return std::min(value, 1e12);  // so that it fits into milliseconds
}

// What the server asks for; nothing when it does not say or cannot be understood.
std::optional<int64_t> requested_delay_ms(const HttpResponse& response, int64_t wall_us) {
  if (const auto header = response.header("retry-after-ms")) {
    if (const auto ms = parse_number(*header)) return static_cast<int64_t>(*ms);
  }
  const auto header = response.header("retry-after");
  if (!header) return std::nullopt;
  if (const auto seconds = parse_number(*header)) return static_cast<int64_t>(*seconds * 1000.0);
  tm date{};
  const char* end = strptime(std::string(*header).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (end == nullptr) return std::nullopt;
  return std::max<int64_t>(0, static_cast<int64_t>(timegm(&date)) * 1000 - wall_us / 1000);
}

bool is_worth_retrying(const Result<HttpResponse>& outcome) {
  if (!outcome.ok()) {
    const ErrorCode code = outcome.error().code;
    return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout;
  }
  if (const auto verdict = outcome->header("x-should-retry")) {
    if (*verdict == "true") return true;
    if (*verdict == "false") return false;
  }
  const int status = outcome->status;
  return status == 408 || status == 409 || status == 429 || status >= 500;
}

}  // namespace

std::optional<int64_t> retry_delay_ms(const RetryPolicy& policy, int attempt,
                                      const Result<HttpResponse>& outcome, int64_t wall_us,
                                      Rng& rng) {
  if (attempt >= policy.max_attempts || !is_worth_retrying(outcome)) return std::nullopt;
  if (outcome.ok()) {
    if (const auto asked_ms = requested_delay_ms(*outcome, wall_us)) {
      if (*asked_ms > policy.max_retry_after_ms) return std::nullopt;
      return *asked_ms;
    }
  }
  const double backoff = static_cast<double>(policy.initial_delay_ms) * std::exp2(attempt - 1);
  const double capped = std::min(backoff, static_cast<double>(policy.max_delay_ms));
  return static_cast<int64_t>(capped * (1.0 - 0.25 * rng.uniform()));
}

}  // namespace ganglion
