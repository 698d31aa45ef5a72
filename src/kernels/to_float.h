// Stored weights as floats.
#pragma once

#include "base/result.h"
#include "kernels/aligned_vector.h"
#include "tensor/tensor_view.h"

namespace ganglion {

// Copies the elements of a tensor of any type that is_expandable (kernels/expand.h), converted
// exactly. kUnsupported for other types.
Result<AlignedVector<float>> copy_as_f32(const TensorView& view);

}  // namespace ganglion
