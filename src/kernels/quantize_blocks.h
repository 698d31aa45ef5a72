// Floats to blocks of any stored type: the inverse of kernels/expand.h, with a loss.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "tensor/dtype.h"

namespace ganglion {

// Writes `values` (whole blocks of `dtype`, any type that is_expandable) as blocks to `blocks`,
// which holds exactly the bytes they take.
// The scales of quantised types minimise the sum over i of importance[i] * (error of i)^2 within a
// block; a null `importance` counts every element alike. Importance is at least 0 and finite
// (asserted by the reader of the file it comes from); plain types ignore it.
// Deterministic: the same input gives the same bytes on every machine.
// kInvalidArgument when a value is NaN or infinite, or too large for the type; the message gives
// its index in `values`.
Status quantize_blocks(DType dtype, std::span<const float> values, const float* importance,
                       std::byte* blocks);

}  // namespace ganglion
