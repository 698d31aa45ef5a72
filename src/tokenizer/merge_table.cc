#include "tokenizer/merge_table.h"

#include <bit>

#include "base/check.h"

namespace ganglion {

MergeTable::MergeTable(std::span<const MergeRule> rules, const SeededHash& hash) : hash_(hash) {
  slots_.resize(std::bit_ceil(2 * rules.size() + 2));
  mask_ = slots_.size() - 1;
  for (const MergeRule& rule : rules) {
    GANGLION_ASSERT(rule.left >= 0 && rule.right >= 0 && rule.id >= 0 && rule.rank < kNoRank);
    const uint64_t key = key_of(rule.left, rule.right);
    uint64_t at = hash_(key) & mask_;
    while (slots_[at].key != kFree && slots_[at].key != key) at = (at + 1) & mask_;
    slots_[at] = {key, {rule.rank, rule.id}};
  }
}

}  // namespace ganglion
