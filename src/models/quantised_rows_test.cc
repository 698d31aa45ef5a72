#include "models/quantised_rows.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace ganglion {
namespace {

TEST(QuantisedRows, KeepsEachValueWithinHalfAStep) {
  Rng rng(1);
  std::vector<float> matrix;
  for (int i = 0; i < 7 * 33; ++i) matrix.push_back(static_cast<float>(rng.normal()));
  const QuantisedRows rows = QuantisedRows::quantise(matrix, 33);
  ASSERT_EQ(rows.num_rows(), 7U);
  for (size_t row = 0; row < 7; ++row) {
    std::vector<float> sums(33, 1.0F);
    rows.add_row(row, 2.0F, sums);
    for (size_t i = 0; i < 33; ++i) {
      // Twice half a step, and float rounding.
      EXPECT_NEAR(sums[i], 1 + 2 * matrix[row * 33 + i], rows.scales[row] * 1.0001F);
    }
  }
}

TEST(QuantisedRows, KeepsZeroRows) {
  const QuantisedRows rows = QuantisedRows::quantise(std::vector<float>{0, 0, 1, -1}, 2);
  EXPECT_EQ(rows.scales[0], 0.0F);
  EXPECT_EQ(rows.values, (std::vector<int8_t>{0, 0, 127, -127}));
}

}  // namespace
}  // namespace ganglion
