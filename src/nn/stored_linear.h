// y = x W^T + b over weights left where they lie, or over panels made of them.
// Letters: M rows (tokens), K inputs, N outputs.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "nn/compute.h"
#include "nn/stored_matrix.h"

namespace ganglion {

// Where the next `num_bytes` of panels go, 64-byte aligned. What was asked for before is written by
// then.
using PanelRoom = std::function<Result<std::byte*>(size_t num_bytes)>;

// Immutable and thread-safe; borrows the weights.
class StoredLinear {
 public:
  StoredLinear() = default;

  // Puts the outputs of another matrix [n, K] behind those that are there; `bias` [n] or empty.
  // Every matrix has the same K (asserted).
  void append(const StoredMatrix& weights, AlignedVector<float> bias);

  // Bytes of the panels (kernels/weight_panels.h) of the matrices whose type has them; 64-byte
  // multiples.
  size_t panels_bytes() const;
  // Writes them one piece behind the other to where `room` says; its errors.
  Status write_panels(ThreadPool& pool, const PanelRoom& room) const;
  // Computes with what write_panels() wrote, in 8 bits, from now on; borrows it.
  void use_panels(const std::byte* panels);

  size_t num_inputs() const { return parts_.front().weights.num_columns(); }
  size_t num_outputs() const { return num_outputs_; }

  // x [M, K] to y [M, N], both row-major without gaps, with what the adapter adds. A row gives the
  // same bits in any company and with any number of threads.
  void forward(const Compute& compute, const float* x, size_t num_rows, float* y) const;

  // Of one row x [K]: those `outputs` (each below N, asserted) alone, to y [outputs], with the bits
  // that forward() gives them. Reads what is near them in a panel, not all weights.
  void forward_chosen(const Compute& compute, const float* x, std::span<const int32_t> outputs,
                      float* y) const;

 private:
  struct Part {
    StoredMatrix weights;
    AlignedVector<float> bias;
    size_t first_output = 0;
    const std::byte* panels = nullptr;  // null: floats are made of the weights as they are used
  };

  void forward_floats(const Compute& compute, const float* x, size_t num_rows, float* y) const;
  void forward_panels(const Compute& compute, const float* x, size_t num_rows, float* y) const;
  void forward_outputs(const KernelTable& kernels, const Part& part, size_t begin, size_t end,
                       const float* x, size_t num_rows, float* y) const;
  void forward_chosen_of(const Compute& compute, const Part& part, const float* x,
                         std::span<const int32_t> outputs, float* y) const;
  void add_delta(const Compute& compute, const Part& part, const LoraDelta& delta, const float* x,
                 size_t num_rows, float* y) const;

  std::vector<Part> parts_;
  size_t num_outputs_ = 0;
};

}  // namespace ganglion
