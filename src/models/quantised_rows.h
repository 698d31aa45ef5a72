// A matrix of which single rows are read: int8 values with one float scale a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ganglion {

// A value is scales[row] * values[row * row_size + column].
struct QuantisedRows {
  size_t row_size = 0;
  std::vector<int8_t> values;  // [rows, row_size], row-major, -127 to 127
  std::vector<float> scales;   // [rows]

  // Rounds to the nearest; the largest of a row becomes ±127. `matrix` is [rows, row_size].
  static QuantisedRows quantise(std::span<const float> matrix, size_t row_size);

  size_t num_rows() const { return scales.size(); }

  // sums[column] += factor * (this row), for all columns; `sums` has row_size elements.
  void add_row(size_t row, float factor, std::span<float> sums) const;
};

}  // namespace ganglion
