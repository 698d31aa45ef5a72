#include "models/hash_index.h"

#include <bit>

#include "base/check.h"

namespace ganglion {
namespace {

// At half load a run of this length does not happen by chance.
constexpr size_t kMaxProbes = 512;

}  // namespace

size_t HashIndex::first_slot(uint32_t key) const {
  // Fibonacci hashing: the high bits of the product (Knuth, TAOCP 3, 6.4).
  return static_cast<size_t>((key * 0x9e3779b97f4a7c15ULL) >> shift_);
}

bool HashIndex::build(std::span<const uint32_t> keys) {
  GANGLION_ASSERT(keys.size() <= (size_t{1} << 30));
  const size_t num_slots = std::bit_ceil(keys.size() * 2 + 2);
  shift_ = 64 - std::countr_zero(num_slots);
  slots_.assign(num_slots, Slot{0, kNotFound});
  for (size_t row = 0; row < keys.size(); ++row) {
    size_t slot = first_slot(keys[row]);
    size_t num_probes = 0;
    while (slots_[slot].row != kNotFound) {
      if (slots_[slot].key == keys[row] || ++num_probes > kMaxProbes) {
        slots_.clear();
        return false;
      }
      slot = (slot + 1) & (num_slots - 1);
    }
    slots_[slot] = {keys[row], static_cast<uint32_t>(row)};
  }
  return true;
}

uint32_t HashIndex::find(uint32_t key) const {
  if (slots_.empty()) return kNotFound;
  size_t slot = first_slot(key);
  while (slots_[slot].row != kNotFound) {
    if (slots_[slot].key == key) return slots_[slot].row;
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return kNotFound;
}

}  // namespace ganglion
