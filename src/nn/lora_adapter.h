// Low-rank additions to the weights of a model, left beside them: y += scale B (A x).
// E. Hu et al. 2021, "LoRA". Letters: K inputs, N outputs, r rank.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

#include "kernels/aligned_vector.h"

namespace ganglion {

struct LoraDelta {
  AlignedVector<float> a;  // [r, K]
  AlignedVector<float> b;  // [N, r]
  size_t num_inputs = 0;   // K
  size_t num_outputs = 0;  // N
  size_t rank = 0;         // r
  float scale = 1;
};

// Immutable once made, and thread-safe. Found by where a matrix's stored weights begin.
class LoraAdapter {
 public:
  void add(const std::byte* weights, LoraDelta delta) {
    deltas_.insert_or_assign(weights, std::move(delta));
  }
  // Null when the matrix stays as it is.
  const LoraDelta* find(const std::byte* weights) const {
    const auto found = deltas_.find(weights);
    return found == deltas_.end() ? nullptr : &found->second;
  }
  size_t size() const { return deltas_.size(); }

 private:
  std::unordered_map<const std::byte*, LoraDelta> deltas_;
};

}  // namespace ganglion
