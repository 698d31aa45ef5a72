#include "tensor/tensor_view.h"

namespace ganglion {

std::string Shape::to_string() const {
  std::string text = "[";
  for (size_t i = 0; i < num_dimensions_; ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(sizes_[i]);
  }
  return text + "]";
}

}  // namespace ganglion
