// How a tensor of a GGUF file is made from the tensors of a checkpoint.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/tensor_view.h"

namespace ganglion {

enum class RowOrder : uint8_t {
  kAsStored,
  // The checkpoint rotates elements i and i + n/2 of a head together, GGUF elements 2i and 2i + 1.
  kRopePairs,
  kTransposed,  // one two-dimensional part
};

struct TensorRecipe {
  std::string name;  // in the GGUF file
  Shape shape;
  // Stacked along the first dimension. Borrowed from the checkpoint; F32, F16 or BF16.
  std::vector<TensorView> parts;
  RowOrder order = RowOrder::kAsStored;
  uint64_t head_size = 0;     // of kRopePairs: rows of a head, even
  float addend = 0.0F;        // added to every element
  std::vector<float> values;  // instead of parts

  // Whether the parts' one tensor can be used as it lies in the file.
  bool is_verbatim() const {
    return parts.size() == 1 && order == RowOrder::kAsStored && addend == 0.0F;
  }
  // Of the first part; F32 for given values.
  DType stored_dtype() const { return parts.empty() ? DType::kF32 : parts.front().dtype; }
  bool is_always_f32() const;

  // Row-major elements: a row is the innermost dimension, or a single element of a tensor with one.
  uint64_t row_size() const;
  uint64_t num_rows() const;
  // Fills `out` (count * row_size() elements) with rows [first, first + count).
  void copy_rows(uint64_t first, uint64_t count, std::span<float> out) const;
};

}  // namespace ganglion
