// A table of rows looked up by id.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

#include "base/check.h"
#include "base/result.h"
#include "kernels/aligned_vector.h"
#include "kernels/to_float.h"
#include "tensor/tensor_view.h"

namespace ganglion {

// Immutable and thread-safe. Letters: V rows, H columns.
class Embedding {
 public:
  // F32 tables are used where they lie, at any alignment: the bytes of `view` [V, H] must outlive
  // the Embedding. Other types are copied; errors of copy_as_f32.
  static Result<Embedding> create(const TensorView& view) {
    GANGLION_ASSERT(view.shape.num_dimensions() == 2);
    Embedding embedding;
    embedding.num_rows_ = static_cast<size_t>(view.shape[0]);
    embedding.row_size_ = static_cast<size_t>(view.shape[1]);
    embedding.rows_ = view.bytes;
    if (view.dtype != DType::kF32) {
      GANGLION_ASSIGN(embedding.copy_, copy_as_f32(view));
      embedding.rows_ = std::as_bytes(std::span<const float>(embedding.copy_));
    }
    return embedding;
  }

  size_t num_rows() const { return num_rows_; }

  // Copies row `id` (< V) to `out` [H].
  void copy_row(size_t id, float* out) const {
    GANGLION_ASSERT(id < num_rows_);
    std::memcpy(out, rows_.data() + id * row_size_ * sizeof(float), row_size_ * sizeof(float));
  }

  // Adds row `id` (< V) to `out` [H].
  void add_row(size_t id, float* out) const {
    GANGLION_ASSERT(id < num_rows_);
    const std::byte* row = rows_.data() + id * row_size_ * sizeof(float);
    for (size_t i = 0; i < row_size_; ++i) {
      float value = 0;
      std::memcpy(&value, row + i * sizeof(float), sizeof(float));
      out[i] += value;
    }
  }

 private:
  Embedding() = default;

  std::span<const std::byte> rows_;
  AlignedVector<float> copy_;  // moving the vector keeps its elements where they are
  size_t num_rows_ = 0;
  size_t row_size_ = 0;
};

}  // namespace ganglion
