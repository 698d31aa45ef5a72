#include "nn/stored_matrix.h"

#include <cstdint>

#include "base/check.h"
#include "kernels/expand.h"

namespace ganglion {

StoredMatrix::StoredMatrix(const TensorView& view)
    : bytes_(view.bytes.data()),
      num_rows_(static_cast<size_t>(view.shape[0])),
      num_columns_(static_cast<size_t>(view.shape[1])),
      dtype_(view.dtype) {
  const DTypeTraits& traits = dtype_traits(dtype_);
  GANGLION_ASSERT(is_expandable(dtype_) && view.shape.num_dimensions() == 2);
  GANGLION_ASSERT(num_columns_ % traits.block_elements == 0);
  row_bytes_ = num_columns_ / traits.block_elements * traits.block_bytes;
  GANGLION_ASSERT(view.bytes.size() == num_rows_ * row_bytes_);
}

TensorView StoredMatrix::view() const {
  return {dtype_,
          Shape{static_cast<int64_t>(num_rows_), static_cast<int64_t>(num_columns_)},
          {bytes_, num_rows_ * row_bytes_}};
}

const float* StoredMatrix::rows(const KernelTable& kernels, size_t first, size_t count,
                                float* scratch) const {
  GANGLION_ASSERT(first + count <= num_rows_);
  const std::byte* start = bytes_ + first * row_bytes_;
  const bool is_aligned = reinterpret_cast<uintptr_t>(start) % alignof(float) == 0;
  if (dtype_ == DType::kF32 && is_aligned) return reinterpret_cast<const float*>(start);
  kernels.expand_blocks(dtype_, start, count * num_columns_, scratch);
  return scratch;
}

StoredMatrix StoredMatrix::slice(size_t first, size_t count) const {
  GANGLION_ASSERT(first + count <= num_rows_);
  StoredMatrix part = *this;
  part.bytes_ += first * row_bytes_;
  part.num_rows_ = count;
  return part;
}

}  // namespace ganglion
