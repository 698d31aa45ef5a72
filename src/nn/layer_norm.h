// y = (x + residual, centred and scaled to variance 1) * weight + bias, row by row.
// J. Ba et al. 2016, equation 4.
#pragma once

#include "base/check.h"
#include "kernels/aligned_vector.h"
#include "kernels/kernel_table.h"

namespace ganglion {

// Immutable and thread-safe.
class LayerNorm {
 public:
  // `weight` and `bias` are [H].
  LayerNorm(AlignedVector<float> weight, AlignedVector<float> bias, float epsilon)
      : weight_(std::move(weight)), bias_(std::move(bias)), epsilon_(epsilon) {
    GANGLION_ASSERT(weight_.size() == bias_.size());
  }

  // x [M, H], in place; `residual` [M, H] or null.
  void forward(const KernelTable& kernels, float* x, const float* residual, size_t num_rows) const {
    const size_t size = weight_.size();
    for (size_t m = 0; m < num_rows; ++m) {
      kernels.layer_norm(x + m * size, residual == nullptr ? nullptr : residual + m * size,
                         weight_.data(), bias_.data(), epsilon_, size, x + m * size);
    }
  }

 private:
  AlignedVector<float> weight_;
  AlignedVector<float> bias_;
  float epsilon_;
};

}  // namespace ganglion
