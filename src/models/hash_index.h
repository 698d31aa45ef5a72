// Finds the row of a 32-bit key: open addressing over a table twice the number of keys.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ganglion {

// Immutable once built; safe to read from many threads.
class HashIndex {
 public:
  static constexpr uint32_t kNotFound = UINT32_MAX;

  HashIndex() = default;
  // keys[i] → i. False, and empty, when a key repeats or the keys were chosen to collide: building
  // stays linear for hostile files too. At most 2^30 keys.
  [[nodiscard]] bool build(std::span<const uint32_t> keys);

  uint32_t find(uint32_t key) const;

 private:
  struct Slot {
    uint32_t key;
    uint32_t row;
  };
  size_t first_slot(uint32_t key) const;

  std::vector<Slot> slots_;  // a power of two; row kNotFound marks a free one
  int shift_ = 0;
};

}  // namespace ganglion
