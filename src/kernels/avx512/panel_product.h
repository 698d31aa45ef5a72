// The panel kernels of AVX-512 with VNNI.
#pragma once

#include "kernels/kernel_table.h"

namespace ganglion::avx512 {

inline constexpr size_t kSideBySide = 8;  // KernelTable::tile_rows

void quantize_activations(const float* x, size_t size, size_t scaled_groups,
                          const QuantizedRow& row);
void round_to_bf16(const float* x, size_t size, uint16_t* out);
void multiply_panels(const PanelProduct& product);

}  // namespace ganglion::avx512
