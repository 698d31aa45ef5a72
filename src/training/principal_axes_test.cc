#include "training/principal_axes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace ganglion {
namespace {

// Points along (1, 2, 2) / 3 with a little along (2, 1, -2) / 3, around (5, 5, 5).
std::vector<float> flat_cloud() {
  Rng rng(3);
  std::vector<float> rows;
  for (int i = 0; i < 1000; ++i) {
    const double a = 3 * rng.normal();
    const double b = 0.5 * rng.normal();
    rows.push_back(static_cast<float>(5 + (a + 2 * b) / 3));
    rows.push_back(static_cast<float>(5 + (2 * a + b) / 3));
    rows.push_back(static_cast<float>(5 + (2 * a - 2 * b) / 3));
  }
  return rows;
}

TEST(PrincipalAxes, FindsTheAxesOfACloud) {
  const PrincipalAxes axes = find_principal_axes(flat_cloud(), 3, 2);
  EXPECT_NEAR(axes.axes[0], 1.0 / 3, 0.02);
  EXPECT_NEAR(axes.axes[1], 2.0 / 3, 0.02);
  EXPECT_NEAR(axes.axes[2], 2.0 / 3, 0.02);
  EXPECT_NEAR(std::fabs(axes.axes[3]), 2.0 / 3, 0.02);
  EXPECT_NEAR(axes.kept_variance, 1.0, 1e-6);
  EXPECT_NEAR(axes.mean[0], 5, 0.3);
}

TEST(PrincipalAxes, AreOrthonormalAndKeepDistances) {
  constexpr size_t kColumns = 40;
  Rng rng(5);
  std::vector<float> rows(200 * kColumns);
  for (float& value : rows) value = static_cast<float>(rng.normal());
  const PrincipalAxes axes = find_principal_axes(rows, kColumns, kColumns);
  std::vector<float> a(kColumns);
  std::vector<float> b(kColumns);
  const auto first = std::span(rows).first(kColumns);
  const auto second = std::span(rows).subspan(kColumns, kColumns);
  project(axes, first, axes.mean, a);
  project(axes, second, axes.mean, b);
  double expected = 0;
  double actual = 0;
  for (size_t i = 0; i < kColumns; ++i) {
    expected += std::pow(first[i] - second[i], 2);
    actual += std::pow(a[i] - b[i], 2);
  }
  EXPECT_NEAR(actual, expected, 1e-4 * expected);
}

TEST(PrincipalAxes, TakesRowsThatAreAllTheSame) {
  const std::vector<float> rows(12, 1.5F);
  const PrincipalAxes axes = find_principal_axes(rows, 4, 2);
  EXPECT_EQ(axes.mean, std::vector<float>(4, 1.5F));
  EXPECT_EQ(axes.kept_variance, 1.0);
}

}  // namespace
}  // namespace ganglion
