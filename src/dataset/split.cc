#include "dataset/split.h"

#include <map>

#include "base/check.h"
#include "base/rng.h"

namespace ganglion {

std::vector<uint32_t> stratified_folds(std::span<const uint32_t> labels, uint32_t num_folds,
                                       uint64_t seed) {
  GANGLION_ASSERT(num_folds >= 2);
  std::map<uint32_t, std::vector<size_t>> rows_of_label;
  for (size_t row = 0; row < labels.size(); ++row) rows_of_label[labels[row]].push_back(row);
  std::vector<uint32_t> folds(labels.size());
  Rng rng(seed);
  uint32_t next_fold = 0;  // goes on across labels: small labels do not all end in fold 0
  for (auto& [label, rows] : rows_of_label) {
    rng.shuffle(std::span(rows));
    for (const size_t row : rows) {
      folds[row] = next_fold;
      next_fold = (next_fold + 1) % num_folds;
    }
  }
  return folds;
}

}  // namespace ganglion
