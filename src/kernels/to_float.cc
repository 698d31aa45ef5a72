#include "kernels/to_float.h"

#include "kernels/expand.h"

namespace ganglion {

Result<AlignedVector<float>> copy_as_f32(const TensorView& view) {
  if (!is_expandable(view.dtype)) {
    return fail(ErrorCode::kUnsupported,
                "expected weights of type F32, F16, BF16, Q4_0 to Q8_0, Q2_K to Q6_K, IQ4_NL or "
                "IQ4_XS, found {}",
                dtype_traits(view.dtype).name);
  }
  AlignedVector<float> values(static_cast<size_t>(view.shape.num_elements()));
  expand_blocks(view.dtype, view.bytes.data(), values.size(), values.data());
  return values;
}

}  // namespace ganglion
