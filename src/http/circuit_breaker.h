// Stops asking a service that keeps failing, and tries it again after a pause.
#pragma once

#include <cstdint>
#include <mutex>

#include "base/clock.h"

namespace ganglion {

struct CircuitBreakerOptions {
  int failures_to_open = 5;  // in a row
  int64_t pause_ms = 30'000;
};

// Closed: all calls pass. Open, after failures in a row: none. Half-open, after the pause: one
// call at a time passes; its success closes the circuit, its failure opens it again. Thread-safe.
class CircuitBreaker {
 public:
  // `clock` must outlive the breaker.
  CircuitBreaker(CircuitBreakerOptions options, const Clock& clock);

  // Whether a call may be made now. Every true must be followed by one record().
  bool allow();
  void record(bool success);
  bool is_open() const;

 private:
  const CircuitBreakerOptions options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  int failures_ = 0;
  bool open_ = false;
  bool probing_ = false;
  int64_t opened_ns_ = 0;
};

}  // namespace ganglion
