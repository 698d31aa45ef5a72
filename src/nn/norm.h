// Normalisation of rows: RMS norm (B. Zhang, R. Sennrich 2019, equation 4) or layer norm (J. Ba et
// al. 2016, equation 4).
#pragma once

#include <utility>

#include "base/check.h"
#include "nn/compute.h"

namespace ganglion {

// Immutable and thread-safe.
class Norm {
 public:
  // RMS norm: x / sqrt(mean of x^2 + epsilon) * weight. `weight` is [H].
  static Norm rms(AlignedVector<float> weight, float epsilon) {
    return Norm(std::move(weight), {}, epsilon);
  }
  // Layer norm, with `bias` [H].
  static Norm layer(AlignedVector<float> weight, AlignedVector<float> bias, float epsilon) {
    GANGLION_ASSERT(weight.size() == bias.size());
    return Norm(std::move(weight), std::move(bias), epsilon);
  }

  // Of one row x [H] to `out` [H], which may be x.
  void forward_row(const KernelTable& kernels, const float* x, float* out) const {
    if (bias_.empty()) {
      kernels.rms_norm(x, weight_.data(), epsilon_, weight_.size(), out);
    } else {
      kernels.layer_norm(x, nullptr, weight_.data(), bias_.data(), epsilon_, weight_.size(), out);
    }
  }

  // x [M, H] to `out` [M, H], which may be x.
  void forward(const Compute& compute, const float* x, size_t num_rows, float* out) const {
    for_each_row(compute, num_rows, [&](size_t row) {
      forward_row(compute.kernels, x + row * weight_.size(), out + row * weight_.size());
    });
  }

 private:
  Norm(AlignedVector<float> weight, AlignedVector<float> bias, float epsilon)
      : weight_(std::move(weight)), bias_(std::move(bias)), epsilon_(epsilon) {}

  AlignedVector<float> weight_;
  AlignedVector<float> bias_;  // empty: RMS norm
  float epsilon_;
};

}  // namespace ganglion
