// Principal component analysis of a few hundred columns.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ganglion {

// C columns, D axes.
struct PrincipalAxes {
  size_t num_columns = 0;
  size_t num_axes = 0;
  std::vector<float> mean;   // [C]
  std::vector<float> axes;   // [D, C], orthonormal, by falling variance
  double kept_variance = 0;  // share of the whole, 0 to 1
};

// Of `rows` [N, C], N >= 1, 1 <= num_axes <= C (asserted). Cyclic Jacobi rotations (Golub and Van
// Loan, Matrix Computations, 8.5) in double; each axis' largest element is positive, so the result
// is the same on every machine up to rounding. Costs O(N C² + C³).
PrincipalAxes find_principal_axes(std::span<const float> rows, size_t num_columns, size_t num_axes);

// Writes (row - mean) · axes to `out` [D].
void project(const PrincipalAxes& axes, std::span<const float> row, std::span<const float> mean,
             std::span<float> out);

}  // namespace ganglion
