// Identifiers of decisions: ULIDs (https://github.com/ulid/spec), 26 characters that sort by time.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/rng.h"

namespace ganglion {

// 48 bits of milliseconds and 80 random bits in Crockford's base 32. Ids of one generator strictly
// increase, also within a millisecond and when the clock is set back. Thread-safe.
class IdGenerator {
 public:
  // `clock` must outlive it. Two generators that may write to one ledger need different seeds.
  IdGenerator(const Clock& clock, uint64_t seed) : clock_(clock), rng_(seed) {}

  std::string next();

 private:
  const Clock& clock_;
  std::mutex mutex_;
  Rng rng_;
  uint64_t time_ms_ = 0;
  uint64_t random_high_ = 0;  // 40 bits
  uint64_t random_low_ = 0;   // 40 bits
};

}  // namespace ganglion
