// Time as a parameter, so that a test can fix it.
#pragma once

#include <cstdint>

namespace ganglion {

class Clock {
 public:
  virtual ~Clock() = default;
  // Microseconds since 1970-01-01 UTC; may jump when the machine's clock is set.
  virtual int64_t wall_us() const = 0;
  // Nanoseconds since an arbitrary start; never goes back.
  virtual int64_t steady_ns() const = 0;
};

// The machine's clocks. Thread-safe; lives as long as the program.
const Clock& system_clock();

// A clock that stands still until it is moved. Not thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(int64_t wall_us = 0) : wall_us_(wall_us) {}
  int64_t wall_us() const override { return wall_us_; }
  int64_t steady_ns() const override { return steady_ns_; }
  void advance_us(int64_t us) {
    wall_us_ += us;
    steady_ns_ += us * 1000;
  }

 private:
  int64_t wall_us_;
  int64_t steady_ns_ = 0;
};

}  // namespace ganglion
