// One block of each quantised type from its values. x: the values; w: their weights in the squared
// error, from 0 to 1. Returns false when a scale is too large for its F16 field.
#pragma once

#include "tensor/block_layouts.h"

namespace ganglion {

bool encode_block(const float* x, const float* w, BlockQ4_0* block);
bool encode_block(const float* x, const float* w, BlockQ4_1* block);
bool encode_block(const float* x, const float* w, BlockQ5_0* block);
bool encode_block(const float* x, const float* w, BlockQ5_1* block);
bool encode_block(const float* x, const float* w, BlockQ8_0* block);
bool encode_block(const float* x, const float* w, BlockQ2_K* block);
bool encode_block(const float* x, const float* w, BlockQ3_K* block);
bool encode_block(const float* x, const float* w, BlockQ4_K* block);
bool encode_block(const float* x, const float* w, BlockQ5_K* block);
bool encode_block(const float* x, const float* w, BlockQ6_K* block);
bool encode_block(const float* x, const float* w, BlockIQ4_NL* block);
bool encode_block(const float* x, const float* w, BlockIQ4_XS* block);

}  // namespace ganglion
