// Seeded splits that keep the share of every label.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ganglion {

// The fold, below `num_folds` (≥ 2), of every row: the rows of each label are shuffled and dealt
// out in turn, so that the folds differ by at most one row of any label. The same seed gives the
// same folds.
std::vector<uint32_t> stratified_folds(std::span<const uint32_t> labels, uint32_t num_folds,
                                       uint64_t seed);

}  // namespace ganglion
