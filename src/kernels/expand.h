// Weights of any stored type as floats.
#pragma once

#include <cstddef>

#include "tensor/dtype.h"

namespace ganglion {

// Whether expand_blocks takes the type: F32, F16, BF16 and the quantised types that files store
// (Q4_0 to Q8_0, Q2_K to Q6_K, IQ4_NL, IQ4_XS).
bool is_expandable(DType dtype);

// KernelTable::expand_blocks of this machine's active kernels (all give the same bits).
void expand_blocks(DType dtype, const std::byte* blocks, size_t num_elements, float* out);

}  // namespace ganglion
