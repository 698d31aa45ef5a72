// Seeded random numbers: the same seed gives the same sequence on every machine and compiler
// (std::*_distribution does not promise that).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace ganglion {

// xoshiro256** (Blackman and Vigna 2018), seeded by splitmix64. Not for secrets. Not thread-safe.
class Rng {
 public:
  explicit Rng(uint64_t seed);

  uint64_t next();
  // In [0, 1), 53 random bits.
  double uniform();
  // In [0, bound), without bias; bound > 0.
  uint64_t below(uint64_t bound);
  // Standard normal (Marsaglia's polar method).
  double normal();

  template <typename T>
  void shuffle(std::span<T> items) {
    for (size_t count = items.size(); count > 1; --count) {
      std::swap(items[count - 1], items[below(count)]);
    }
  }

 private:
  std::array<uint64_t, 4> state_;
  double spare_normal_ = 0;
  bool has_spare_normal_ = false;
};

}  // namespace ganglion
