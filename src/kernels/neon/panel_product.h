// The panel kernels of NEON.
#pragma once

#include "kernels/kernel_table.h"

namespace ganglion::neon {

inline constexpr size_t kSideBySide = 2;  // KernelTable::tile_rows

void quantize_activations(const float* x, size_t size, size_t scaled_groups,
                          const QuantizedRow& row);
void round_to_bf16(const float* x, size_t size, uint16_t* out);
void multiply_panels(const PanelProduct& product);

}  // namespace ganglion::neon
