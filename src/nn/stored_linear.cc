#include "nn/stored_linear.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ganglion {
namespace {

// Outputs that one thread takes at a time.
constexpr size_t kGrain = 64;
// Floats of weight rows expanded at a time, and of rows of x that pass by them: both stay in the
// L2 cache.
constexpr size_t kExpandedFloats = size_t{1} << 15;
constexpr size_t kInputFloats = size_t{1} << 16;

}  // namespace

void StoredLinear::append(const StoredMatrix& weights, AlignedVector<float> bias) {
  GANGLION_ASSERT(bias.empty() || bias.size() == weights.num_rows());
  GANGLION_ASSERT(parts_.empty() || num_inputs() == weights.num_columns());
  const size_t num_rows = weights.num_rows();
  parts_.push_back({weights, std::move(bias), num_outputs_});
  num_outputs_ += num_rows;
}

void StoredLinear::forward(const Compute& compute, const float* x, size_t num_rows,
                           float* y) const {
  compute.pool.parallel_for(num_outputs_, kGrain, [&](size_t begin, size_t end) {
    for (const Part& part : parts_) {
      const size_t first = std::max(begin, part.first_output);
      const size_t last = std::min(end, part.first_output + part.weights.num_rows());
      if (first >= last) continue;
      forward_outputs(compute.kernels, part, first - part.first_output, last - part.first_output, x,
                      num_rows, y);
    }
  });
  for (const Part& part : parts_) {
    if (compute.adapter == nullptr) break;
    const LoraDelta* delta = compute.adapter->find(part.weights.stored());
    if (delta != nullptr) add_delta(compute, part, *delta, x, num_rows, y);
  }
}

void StoredLinear::add_delta(const Compute& compute, const Part& part, const LoraDelta& delta,
                             const float* x, size_t num_rows, float* y) const {
  GANGLION_ASSERT(delta.num_inputs == num_inputs());
  GANGLION_ASSERT(delta.num_outputs == part.weights.num_rows());
  AlignedVector<float> inner(num_rows * delta.rank);
  GemmRows down;
  down.a = x;
  down.a_stride = down.w_stride = down.depth = delta.num_inputs;
  down.w = delta.a.data();
  down.c = inner.data();
  down.c_stride = down.num_columns = delta.rank;
  down.num_rows = num_rows;
  compute.kernels.gemm_rows(down);
  compute.pool.parallel_for(delta.num_outputs, kGrain, [&](size_t begin, size_t end) {
    thread_local AlignedVector<float> addend;
    GemmRows up;
    up.a = inner.data();
    up.a_stride = up.w_stride = up.depth = delta.rank;
    up.w = delta.b.data() + begin * delta.rank;
    up.c = make_room(addend, num_rows * (end - begin));
    up.c_stride = up.num_columns = end - begin;
    up.num_rows = num_rows;
    compute.kernels.gemm_rows(up);
    for (size_t row = 0; row < num_rows; ++row) {
      float* out = y + row * num_outputs_ + part.first_output + begin;
      for (size_t i = 0; i < end - begin; ++i) {
        out[i] += delta.scale * addend[row * (end - begin) + i];
      }
    }
  });
}

void StoredLinear::forward_outputs(const KernelTable& kernels, const Part& part, size_t begin,
                                   size_t end, const float* x, size_t num_rows, float* y) const {
  thread_local AlignedVector<float> expanded;
  const size_t depth = part.weights.num_columns();
  const size_t step = std::clamp(kExpandedFloats / depth, size_t{4}, kGrain);
  const size_t row_step = std::max(kInputFloats / depth, size_t{4});
  for (size_t first = begin; first < end; first += step) {
    const size_t count = std::min(step, end - first);
    GemmRows gemm;
    gemm.a_stride = depth;
    gemm.w = part.weights.rows(kernels, first, count, make_room(expanded, step * depth));
    gemm.w_stride = depth;
    gemm.bias = part.bias.empty() ? nullptr : part.bias.data() + first;
    gemm.c_stride = num_outputs_;
    gemm.num_columns = count;
    gemm.depth = depth;
    for (size_t row = 0; row < num_rows; row += row_step) {
      gemm.a = x + row * depth;
      gemm.c = y + row * num_outputs_ + part.first_output + first;
      gemm.num_rows = std::min(row_step, num_rows - row);
      kernels.gemm_rows(gemm);
    }
  }
}

}  // namespace ganglion
