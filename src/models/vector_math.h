// The two loops of small dense layers. A fixed order of additions: the same bits everywhere.
#pragma once

#include <cstddef>

namespace ganglion {

// sums += factor * row, elementwise.
inline void add_scaled(const float* row, float factor, size_t size, float* sums) {
  for (size_t i = 0; i < size; ++i) sums[i] += factor * row[i];
}

inline float dot(const float* a, const float* b, size_t size) {
  // Eight partial sums, which a compiler can keep in vector registers.
  float partial[8] = {};
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    for (size_t lane = 0; lane < 8; ++lane) partial[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (const float value : partial) sum += value;
  for (; i < size; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace ganglion
