#include "models/quantised_rows.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace ganglion {

QuantisedRows QuantisedRows::quantise(std::span<const float> matrix, size_t row_size) {
  GANGLION_ASSERT(row_size > 0 && matrix.size() % row_size == 0);
  QuantisedRows rows;
  rows.row_size = row_size;
  rows.values.resize(matrix.size());
  rows.scales.resize(matrix.size() / row_size);
  for (size_t row = 0; row < rows.scales.size(); ++row) {
    const auto from = matrix.subspan(row * row_size, row_size);
    float largest = 0;
    for (const float value : from) largest = std::max(largest, std::abs(value));
    rows.scales[row] = largest / 127;
    const float inverse = largest > 0 ? 127 / largest : 0;
    for (size_t i = 0; i < row_size; ++i) {
      const float scaled = std::clamp(std::nearbyint(from[i] * inverse), -127.0F, 127.0F);
      rows.values[row * row_size + i] = static_cast<int8_t>(scaled);
    }
  }
  return rows;
}

void QuantisedRows::add_row(size_t row, float factor, std::span<float> sums) const {
  GANGLION_ASSERT(row < scales.size() && sums.size() == row_size);
  const float scaled = factor * scales[row];
  const int8_t* from = &values[row * row_size];
  float* to = sums.data();
  for (size_t i = 0; i < row_size; ++i) to[i] += scaled * static_cast<float>(from[i]);
}

}  // namespace ganglion
