#include "http/circuit_breaker.h"

namespace ganglion {

CircuitBreaker::CircuitBreaker(CircuitBreakerOptions options, const Clock& clock)
    : options_(options), clock_(clock) {}

bool CircuitBreaker::allow() {
  const std::lock_guard lock(mutex_);
  if (!open_) return true;
  const bool rested = clock_.steady_ns() - opened_ns_ >= options_.pause_ms * 1'000'000;
  if (!rested || probing_) return false;
  probing_ = true;
  return true;
}

void CircuitBreaker::record(bool success) {
  const std::lock_guard lock(mutex_);
  probing_ = false;
  if (success) {
    failures_ = 0;
    open_ = false;
    return;
  }
  ++failures_;
  if (failures_ >= options_.failures_to_open) {
    open_ = true;
    opened_ns_ = clock_.steady_ns();
  }
}

bool CircuitBreaker::is_open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

}  // namespace ganglion
