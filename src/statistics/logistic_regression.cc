#include "statistics/logistic_regression.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace ganglion {
namespace {

// Solves a x = b for symmetric positive definite a [n, n] by Cholesky; overwrites a, returns x.
std::vector<double> solve_positive_definite(std::vector<double> a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t j = 0; j < n; ++j) {
    for (size_t k = 0; k < j; ++k) a[j * n + j] -= a[j * n + k] * a[j * n + k];
    a[j * n + j] = std::sqrt(std::max(a[j * n + j], 1e-12));
    for (size_t i = j + 1; i < n; ++i) {
      for (size_t k = 0; k < j; ++k) a[i * n + j] -= a[i * n + k] * a[j * n + k];
      a[i * n + j] /= a[j * n + j];
    }
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
  return b;
}

// The problem over standardised features with a constant 1 as the last one.
class NewtonFit {
 public:
  NewtonFit(std::vector<double> rows, size_t width, std::span<const uint8_t> labels, double penalty)
      : rows_(std::move(rows)), width_(width), labels_(labels), penalty_(penalty) {}

  std::vector<double> run() const {
    constexpr int kMaxSteps = 50;
    std::vector<double> w(width_, 0.0);
    double current = loss(w);
    for (int step = 0; step < kMaxSteps; ++step) {
      const std::vector<double> direction = newton_direction(w);
      double scale = 1;
      std::vector<double> next = w;
      double next_loss = current;
      for (; scale > 1e-6; scale /= 2) {
        for (size_t i = 0; i < width_; ++i) next[i] = w[i] - scale * direction[i];
        next_loss = loss(next);
        if (next_loss <= current) break;
      }
      if (!(next_loss <= current)) break;
      const double gain = current - next_loss;
      w = next;
      current = next_loss;
      if (gain < 1e-10 * (1 + std::abs(current))) break;
    }
    return w;
  }

 private:
  double log_odds(size_t row, const std::vector<double>& w) const {
    double sum = 0;
    for (size_t i = 0; i < width_; ++i) sum += rows_[row * width_ + i] * w[i];
    return sum;
  }

  double loss(const std::vector<double>& w) const {
    double sum = 0;
    for (size_t row = 0; row < labels_.size(); ++row) {
      const double z = labels_[row] != 0 ? log_odds(row, w) : -log_odds(row, w);
      sum += z > 0 ? std::log1p(std::exp(-z)) : -z + std::log1p(std::exp(z));
    }
    for (size_t i = 0; i + 1 < width_; ++i) sum += 0.5 * penalty_ * w[i] * w[i];
    return sum;
  }

  std::vector<double> newton_direction(const std::vector<double>& w) const {
    std::vector<double> gradient(width_, 0.0);
    std::vector<double> hessian(width_ * width_, 0.0);
    for (size_t row = 0; row < labels_.size(); ++row) {
      const double p = sigmoid(log_odds(row, w));
      const double* x = &rows_[row * width_];
      for (size_t i = 0; i < width_; ++i) {
        gradient[i] += (p - labels_[row]) * x[i];
        for (size_t j = 0; j < width_; ++j) hessian[i * width_ + j] += p * (1 - p) * x[i] * x[j];
      }
    }
    for (size_t i = 0; i < width_; ++i) {
      const bool is_bias = i + 1 == width_;
      if (!is_bias) gradient[i] += penalty_ * w[i];
      hessian[i * width_ + i] += is_bias ? 1e-9 : penalty_;
    }
    return solve_positive_definite(std::move(hessian), std::move(gradient));
  }

  std::vector<double> rows_;
  size_t width_;
  std::span<const uint8_t> labels_;
  double penalty_;
};

struct Moments {
  double mean = 0;
  double deviation = 0;  // 0 for a feature without spread
};

std::vector<Moments> column_moments(std::span<const double> features, size_t num_features) {
  const size_t num_rows = features.size() / num_features;
  std::vector<Moments> moments(num_features);
  for (size_t i = 0; i < num_features; ++i) {
    double sum = 0;
    for (size_t row = 0; row < num_rows; ++row) sum += features[row * num_features + i];
    moments[i].mean = sum / static_cast<double>(num_rows);
    double squares = 0;
    for (size_t row = 0; row < num_rows; ++row) {
      const double gap = features[row * num_features + i] - moments[i].mean;
      squares += gap * gap;
    }
    const double deviation = std::sqrt(squares / static_cast<double>(num_rows));
    moments[i].deviation = deviation > 1e-9 ? deviation : 0;
  }
  return moments;
}

}  // namespace

double sigmoid(double log_odds) {
  if (log_odds >= 0) return 1 / (1 + std::exp(-log_odds));
  const double e = std::exp(log_odds);
  return e / (1 + e);
}

double LogisticRegression::log_odds(std::span<const double> features) const {
  GANGLION_ASSERT(features.size() == weights.size());
  double sum = bias;
  for (size_t i = 0; i < weights.size(); ++i) sum += weights[i] * features[i];
  return sum;
}

LogisticRegression fit_logistic_regression(std::span<const double> features, size_t num_features,
                                           std::span<const uint8_t> labels, double penalty) {
  GANGLION_ASSERT(!labels.empty() && penalty > 0 && num_features > 0);
  GANGLION_ASSERT(features.size() == labels.size() * num_features);
  const std::vector<Moments> moments = column_moments(features, num_features);
  const size_t width = num_features + 1;
  std::vector<double> rows(labels.size() * width, 1.0);
  for (size_t row = 0; row < labels.size(); ++row) {
    for (size_t i = 0; i < num_features; ++i) {
      const Moments& m = moments[i];
      rows[row * width + i] =
          m.deviation > 0 ? (features[row * num_features + i] - m.mean) / m.deviation : 0.0;
    }
  }
  const std::vector<double> w = NewtonFit(std::move(rows), width, labels, penalty).run();
  LogisticRegression model;
  model.weights.assign(num_features, 0.0);
  model.bias = w[num_features];
  for (size_t i = 0; i < num_features; ++i) {
    if (moments[i].deviation == 0) continue;
    model.weights[i] = w[i] / moments[i].deviation;
    model.bias -= model.weights[i] * moments[i].mean;
  }
  return model;
}

}  // namespace ganglion
