// A weight matrix left where it lies: rows of any stored type, expanded to floats as they are used.
#pragma once

#include <cstddef>

#include "kernels/kernel_table.h"
#include "tensor/tensor_view.h"

namespace ganglion {

// Immutable and thread-safe; borrows the bytes. Letters: N rows, K columns.
class StoredMatrix {
 public:
  StoredMatrix() = default;
  // `view` [N, K] of a type that is_expandable (kernels/expand.h), K a multiple of its block
  // (asserted).
  explicit StoredMatrix(const TensorView& view);

  size_t num_rows() const { return num_rows_; }
  size_t num_columns() const { return num_columns_; }
  DType dtype() const { return dtype_; }
  const std::byte* stored() const { return bytes_; }  // where the weights begin
  TensorView view() const;

  // Rows [first, first + count) as floats, K apart: where they lie if they are floats already,
  // otherwise in `scratch` [count, K].
  const float* rows(const KernelTable& kernels, size_t first, size_t count, float* scratch) const;

  // Rows [first, first + count) as a matrix of their own.
  StoredMatrix slice(size_t first, size_t count) const;

 private:
  const std::byte* bytes_ = nullptr;
  size_t num_rows_ = 0;
  size_t num_columns_ = 0;
  size_t row_bytes_ = 0;
  DType dtype_ = DType::kF32;
};

}  // namespace ganglion
