#include "training/principal_axes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"

namespace ganglion {
namespace {

constexpr int kMaxSweeps = 30;

std::vector<double> column_means(std::span<const float> rows, size_t num_columns) {
  std::vector<double> means(num_columns);
  const size_t num_rows = rows.size() / num_columns;
  for (size_t r = 0; r < num_rows; ++r) {
    for (size_t c = 0; c < num_columns; ++c) means[c] += rows[r * num_columns + c];
  }
  for (double& mean : means) mean /= static_cast<double>(num_rows);
  return means;
}

// [C, C]. Blocks of rows are summed in float, the blocks in double.
std::vector<double> covariance(std::span<const float> rows, std::span<const double> means) {
  constexpr size_t kBlockRows = 64;
  const size_t n = means.size();
  const size_t num_rows = rows.size() / n;
  std::vector<double> total(n * n);
  std::vector<float> block(n * n);
  std::vector<float> centred(n);
  for (size_t begin = 0; begin < num_rows; begin += kBlockRows) {
    std::fill(block.begin(), block.end(), 0.0F);
    for (size_t r = begin; r < std::min(num_rows, begin + kBlockRows); ++r) {
      for (size_t c = 0; c < n; ++c) {
        centred[c] = static_cast<float>(rows[r * n + c] - means[c]);
      }
      for (size_t i = 0; i < n; ++i) {
        float* const out = block.data() + i * n;
        for (size_t j = 0; j <= i; ++j) out[j] += centred[i] * centred[j];
      }
    }
    for (size_t i = 0; i < block.size(); ++i) total[i] += static_cast<double>(block[i]);
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      total[i * n + j] /= static_cast<double>(num_rows);
      total[j * n + i] = total[i * n + j];
    }
  }
  return total;
}

double off_diagonal(std::span<const double> matrix, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < i; ++j) sum += matrix[i * n + j] * matrix[i * n + j];
  }
  return sum;
}

void rotate_rows(double* a, double* b, size_t n, double cosine, double sine) {
  for (size_t i = 0; i < n; ++i) {
    const double x = a[i];
    const double y = b[i];
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
}

// Turns the symmetric `matrix` [C, C] diagonal; `vectors` gets the eigenvectors as rows.
void diagonalize(std::vector<double>& matrix, std::vector<double>& vectors, size_t n) {
  vectors.assign(n * n, 0.0);
  for (size_t i = 0; i < n; ++i) vectors[i * n + i] = 1.0;
  double trace = 0;
  for (size_t i = 0; i < n; ++i) trace += matrix[i * n + i];
  const double tolerance = 1e-20 * trace * trace;
  for (int sweep = 0; sweep < kMaxSweeps && off_diagonal(matrix, n) > tolerance; ++sweep) {
    for (size_t p = 0; p < n; ++p) {
      for (size_t q = p + 1; q < n; ++q) {
        const double apq = matrix[p * n + q];
        if (std::fabs(apq) <= 1e-14 * trace) continue;
        const double app = matrix[p * n + p];
        const double aqq = matrix[q * n + q];
        const double theta = (aqq - app) / (2.0 * apq);
        const double tangent =
            std::copysign(1.0, theta) / (std::fabs(theta) + std::sqrt(theta * theta + 1.0));
        const double cosine = 1.0 / std::sqrt(tangent * tangent + 1.0);
        rotate_rows(&matrix[p * n], &matrix[q * n], n, cosine, tangent * cosine);
        // The columns are what the rows became, by symmetry, but for the four crossings.
        for (size_t i = 0; i < n; ++i) {
          matrix[i * n + p] = matrix[p * n + i];
          matrix[i * n + q] = matrix[q * n + i];
        }
        matrix[p * n + p] = app - tangent * apq;
        matrix[q * n + q] = aqq + tangent * apq;
        matrix[p * n + q] = 0.0;
        matrix[q * n + p] = 0.0;
        rotate_rows(&vectors[p * n], &vectors[q * n], n, cosine, tangent * cosine);
      }
    }
  }
}

}  // namespace

PrincipalAxes find_principal_axes(std::span<const float> rows, size_t num_columns,
                                  size_t num_axes) {
  GANGLION_ASSERT(num_columns > 0 && num_axes >= 1 && num_axes <= num_columns);
  GANGLION_ASSERT(!rows.empty() && rows.size() % num_columns == 0);
  const std::vector<double> means = column_means(rows, num_columns);
  std::vector<double> matrix = covariance(rows, means);
  std::vector<double> vectors;
  diagonalize(matrix, vectors, num_columns);
  std::vector<size_t> order(num_columns);
  std::iota(order.begin(), order.end(), size_t{0});
  const auto variance = [&](size_t i) { return matrix[i * num_columns + i]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return variance(a) > variance(b); });
  PrincipalAxes result;
  result.num_columns = num_columns;
  result.num_axes = num_axes;
  result.mean.assign(means.begin(), means.end());
  double kept = 0;
  double total = 0;
  for (size_t i = 0; i < num_columns; ++i) {
    total += variance(order[i]);
    if (i >= num_axes) continue;
    kept += variance(order[i]);
    const auto vector = std::span(vectors).subspan(order[i] * num_columns, num_columns);
    const double largest = *std::max_element(vector.begin(), vector.end(), [](double a, double b) {
      return std::fabs(a) < std::fabs(b);
    });
    const double sign = largest < 0 ? -1.0 : 1.0;
    for (const double value : vector) result.axes.push_back(static_cast<float>(sign * value));
  }
  result.kept_variance = total > 0 ? kept / total : 1.0;
  return result;
}

void project(const PrincipalAxes& axes, std::span<const float> row, std::span<const float> mean,
             std::span<float> out) {
  GANGLION_ASSERT(row.size() == axes.num_columns && mean.size() == axes.num_columns);
  GANGLION_ASSERT(out.size() == axes.num_axes);
  for (size_t d = 0; d < axes.num_axes; ++d) {
    const float* const axis = axes.axes.data() + d * axes.num_columns;
    double sum = 0;
    for (size_t c = 0; c < axes.num_columns; ++c) {
      sum += static_cast<double>(axis[c]) * (row[c] - mean[c]);
    }
    out[d] = static_cast<float>(sum);
  }
}

}  // namespace ganglion
