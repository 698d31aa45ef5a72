// A read-only, non-owning view of a dense tensor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/check.h"
#include "tensor/dtype.h"

namespace ganglion {

// Row-major shape, slowest dimension first (as in safetensors and NumPy; GGUF files store the
// reverse). At most four dimensions; a scalar has none.
class Shape {
 public:
  static constexpr size_t kMaxDimensions = 4;

  Shape() = default;
  Shape(std::initializer_list<int64_t> sizes) {
    for (const int64_t size : sizes) push_back(size);
  }

  void push_back(int64_t size) {
    GANGLION_ASSERT(num_dimensions_ < kMaxDimensions && size >= 0);
    sizes_[num_dimensions_++] = size;
  }
  size_t num_dimensions() const { return num_dimensions_; }
  int64_t operator[](size_t dimension) const {
    GANGLION_ASSERT(dimension < num_dimensions_);
    return sizes_[dimension];
  }
  // Whoever fills a Shape from a file has checked that the product fits.
  int64_t num_elements() const {
    int64_t product = 1;
    for (size_t i = 0; i < num_dimensions_; ++i) product *= sizes_[i];
    return product;
  }
  bool operator==(const Shape&) const = default;
  // "[384, 1536]"
  std::string to_string() const;

 private:
  std::array<int64_t, kMaxDimensions> sizes_ = {};
  size_t num_dimensions_ = 0;
};

// `bytes` holds exactly shape.num_elements() elements of `dtype`, row-major; the owner of the bytes
// (a mapped file, a buffer) must outlive the view.
struct TensorView {
  DType dtype = DType::kF32;
  Shape shape;
  std::span<const std::byte> bytes;

  // Requires the dtype to be T's, and bytes aligned for T.
  template <typename T>
  std::span<const T> as() const {
    GANGLION_ASSERT(dtype_traits(dtype).block_elements == 1 &&
                    dtype_traits(dtype).block_bytes == sizeof(T));
    GANGLION_ASSERT(reinterpret_cast<uintptr_t>(bytes.data()) % alignof(T) == 0);
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

}  // namespace ganglion
