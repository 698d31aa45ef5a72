#include "engine/sampling/sampling_options.h"

#include <cmath>
#include <string_view>

namespace ganglion {
namespace {

enum class Lower { kIncluded, kExcluded };

Status check_range(std::string_view name, float value, float lowest, float highest,
                   Lower lower = Lower::kIncluded) {
  const bool is_above = lower == Lower::kIncluded ? value >= lowest : value > lowest;
  if (is_above && value <= highest) return {};  // NaN is in no range
  return fail(ErrorCode::kInvalidArgument, "{} is {}; it must be {} {} and at most {}", name, value,
              lower == Lower::kIncluded ? "at least" : "above", lowest, highest);
}

Status check_dry(const DryOptions& dry) {
  constexpr size_t kMaxBreakers = 64;
  constexpr size_t kMaxBreakerBytes = 64;
  constexpr size_t kMaxAllowedLength = 1'000'000;
  GANGLION_TRY(check_range("the DRY multiplier", dry.multiplier, 0, 100));
  GANGLION_TRY(check_range("the DRY base", dry.base, 1, 10));
  if (dry.allowed_length < 1 || dry.allowed_length > kMaxAllowedLength) {
    return fail(ErrorCode::kInvalidArgument,
                "the DRY allowed length is {}; it must be at least 1 and at most {}",
                dry.allowed_length, kMaxAllowedLength);
  }
  if (dry.breakers.size() > kMaxBreakers) {
    return fail(ErrorCode::kInvalidArgument, "{} DRY sequence breakers; at most {} are taken",
                dry.breakers.size(), kMaxBreakers);
  }
  for (const std::string& breaker : dry.breakers) {
    if (!breaker.empty() && breaker.size() <= kMaxBreakerBytes) continue;
    return fail(ErrorCode::kInvalidArgument,
                "a DRY sequence breaker of {} bytes; it must have 1 to {}", breaker.size(),
                kMaxBreakerBytes);
  }
  return {};
}

Status check_mirostat(const SamplingOptions& options) {
  if (!options.mirostat.is_on) return {};
  GANGLION_TRY(
      check_range("the Mirostat target tau", options.mirostat.tau, 0, 100, Lower::kExcluded));
  GANGLION_TRY(check_range("the Mirostat rate eta", options.mirostat.eta, 0, 1, Lower::kExcluded));
  if (options.temperature > 0) return {};
  return fail(ErrorCode::kInvalidArgument,
              "Mirostat with the temperature 0: it needs candidates to choose from; set the "
              "temperature above 0 or turn Mirostat off");
}

Status check_logit_bias(const SamplingOptions& options, size_t vocabulary_size) {
  for (const LogitBias& each : options.logit_bias) {
    if (each.id < 0 || static_cast<size_t>(each.id) >= vocabulary_size) {
      return fail(ErrorCode::kInvalidArgument,
                  "the logit bias is for token {}; this vocabulary has the tokens 0 to {}", each.id,
                  vocabulary_size - 1);
    }
    if (std::isnan(each.bias) || each.bias > 1e6F) {
      return fail(ErrorCode::kInvalidArgument,
                  "the logit bias of token {} is {}; it must be a number of at most 1000000, or "
                  "-infinity to ban the token",
                  each.id, each.bias);
    }
  }
  return {};
}

}  // namespace

Status check_sampling_options(const SamplingOptions& options, size_t vocabulary_size) {
  GANGLION_TRY(check_range("temperature", options.temperature, 0, 100));
  GANGLION_TRY(check_range("top-p", options.top_p, 0, 1));
  GANGLION_TRY(check_range("min-p", options.min_p, 0, 1));
  GANGLION_TRY(check_range("typical-p", options.typical_p, 0, 1, Lower::kExcluded));
  GANGLION_TRY(
      check_range("the repetition penalty", options.penalties.repetition, 0, 10, Lower::kExcluded));
  GANGLION_TRY(check_range("the presence penalty", options.penalties.presence, -2, 2));
  GANGLION_TRY(check_range("the frequency penalty", options.penalties.frequency, -2, 2));
  GANGLION_TRY(check_range("the XTC probability", options.xtc.probability, 0, 1));
  GANGLION_TRY(check_range("the XTC threshold", options.xtc.threshold, 0, 1));
  GANGLION_TRY(check_dry(options.dry));
  GANGLION_TRY(check_mirostat(options));
  return check_logit_bias(options, vocabulary_size);
}

}  // namespace ganglion
