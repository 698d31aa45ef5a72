#include "kernels/expand.h"

#include "kernels/dispatch.h"

namespace ganglion {

bool is_expandable(DType dtype) {
  switch (dtype) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kQ4_0:
    case DType::kQ4_1:
    case DType::kQ5_0:
    case DType::kQ5_1:
    case DType::kQ8_0:
    case DType::kQ2_K:
    case DType::kQ3_K:
    case DType::kQ4_K:
    case DType::kQ5_K:
    case DType::kQ6_K:
    case DType::kIQ4_NL:
    case DType::kIQ4_XS:
      return true;
    default:
      return false;
  }
}

void expand_blocks(DType dtype, const std::byte* blocks, size_t num_elements, float* out) {
  // A wrong GANGLION_ISA is reported where a model is loaded.
  static const auto kExpand =
      (active_kernels().ok() ? *active_kernels() : &reference_kernels())->expand_blocks;
  kExpand(dtype, blocks, num_elements, out);
}

}  // namespace ganglion
