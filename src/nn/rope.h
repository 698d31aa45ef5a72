// Rotary position embedding: pairs of a head's elements are rotated by angles that grow with the
// position. J. Su et al. 2021, "RoFormer"; the scalings as named below.
// Letters: d size of a head, r its rotated elements (the first r of d), T tokens.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "kernels/aligned_vector.h"

namespace ganglion {

enum class RopePairs {
  kNeighbours,  // (0, 1), (2, 3), …
  kHalves,      // (0, r/2), (1, r/2 + 1), …
};

// Y. Peng et al. 2023, "YaRN", section 3: slow pairs are interpolated, fast ones are not.
struct YarnScaling {
  double factor = 1;
  double original_context_length = 0;  // tokens
  double beta_fast = 32;               // rotations within the original context
  double beta_slow = 1;
};

struct RopeSettings {
  RopePairs pairs = RopePairs::kNeighbours;
  size_t num_rotated = 0;  // r, even
  double theta = 10000;
  double linear_factor = 1;         // positions are divided by it (S. Chen et al. 2023)
  std::optional<YarnScaling> yarn;  // instead of linear_factor
  // Each pair's frequency is divided by its factor [r/2]; empty: by 1. The long ones serve sessions
  // that hold more than `original_context_length` tokens (Y. Ding et al. 2024, "LongRoPE"); empty:
  // `factors` serve all.
  std::vector<float> factors;
  std::vector<float> long_factors;
  size_t original_context_length = 0;
  double magnitude = 1;  // of the rotated elements (the attention factor)
};

// The cosines and sines of T positions. Reused between calls.
struct RopeAngles {
  AlignedVector<float> cosines;  // [T, r/2], times the magnitude
  AlignedVector<float> sines;
  size_t num_rotated = 0;
  RopePairs pairs = RopePairs::kNeighbours;

  // Rotates every head of a row, in place: x [num_heads, head_dim], the token at `index` (< T).
  void rotate(float* x, size_t num_heads, size_t head_dim, size_t index) const;
};

// Immutable and thread-safe.
class Rope {
 public:
  explicit Rope(const RopeSettings& config);

  // The angles of positions first, first + 1, …, in a session that can hold `context_length`
  // tokens: rows from `first_row` on of `angles`, which keeps the rows before.
  void angles(size_t first, size_t num_tokens, size_t context_length, RopeAngles& angles,
              size_t first_row = 0) const;

  // Whether sessions that can hold `context_length` tokens take the long factors.
  bool is_long(size_t context_length) const {
    return !long_frequencies_.empty() && context_length > original_context_length_;
  }

  // The angles that move a key `distance` positions back, magnitude 1: one row.
  void angles_back(size_t distance, size_t context_length, RopeAngles& angles) const;

 private:
  const std::vector<double>& frequencies(size_t context_length) const;

  RopePairs pairs_;
  size_t num_rotated_;
  double magnitude_;
  size_t original_context_length_;
  std::vector<double> frequencies_;       // [r/2], radians a position
  std::vector<double> long_frequencies_;  // [r/2], or empty
};

}  // namespace ganglion
