// The merges of a byte-pair encoding: which two neighbours become one symbol, and which first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tokenizer/seeded_hash.h"

namespace ganglion {

struct MergeRule {
  int32_t left;
  int32_t right;
  uint32_t rank;  // the lowest is merged first; of equal ones the leftmost
  int32_t id;     // what the two become
};

// Immutable after construction; thread-safe.
class MergeTable {
 public:
  static constexpr uint32_t kNoRank = UINT32_MAX;

  struct Merge {
    uint32_t rank = kNoRank;
    int32_t id = 0;
  };

  MergeTable() : MergeTable({}, {}) {}
  // Ids are at least 0, ranks below kNoRank. Of equal pairs the last counts.
  MergeTable(std::span<const MergeRule> rules, const SeededHash& hash);

  // rank is kNoRank where there is no such merge. Negative symbols have none.
  Merge find(int32_t left, int32_t right) const {
    if ((left | right) < 0) return {};
    const uint64_t key = key_of(left, right);
    for (uint64_t at = hash_(key) & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.key == key || slot.key == kFree) return slot.merge;
    }
  }

 private:
  struct Slot {
    uint64_t key = kFree;
    Merge merge;
  };
  static constexpr uint64_t kFree = UINT64_MAX;  // no pair: ids are below 2^31

  static uint64_t key_of(int32_t left, int32_t right) {
    return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  }

  SeededHash hash_;
  std::vector<Slot> slots_;  // open addressing, at most half full
  uint64_t mask_ = 0;
};

}  // namespace ganglion
