// Dequantisation, written once and compiled for each instruction set: the loops have fixed lengths
// and no branches, which compilers turn into vector code. Included by each instruction set's own
// source only; `Isa`, any type of that source, keeps the instances apart.
// Every element is computed with the roundings of ggml's dequantize_row_* (one multiplication, and
// for types with a minimum one subtraction or addition), so the bits are the same.
#pragma once

#include <cstring>

#include "base/check.h"
#include "tensor/block_layouts.h"
#include "tensor/dtype.h"
#include "tensor/half.h"

namespace ganglion {

template <typename Isa>
struct Expand {
  // Two blocks are taken by value: measured twice as fast with GCC 12, as stores to `out` then
  // cannot change them; it makes the other types slower.
  static void block(BlockQ4_0 b, float* out) {
    const float scale = f32_from_f16(b.scale);
    for (int j = 0; j < 16; ++j) {
      out[j] = static_cast<float>((b.quanta[j] & 15) - 8) * scale;
      out[j + 16] = static_cast<float>((b.quanta[j] >> 4) - 8) * scale;
    }
  }

  static void block(const BlockQ4_1& b, float* out) {
    const float scale = f32_from_f16(b.scale);
    const float minimum = f32_from_f16(b.minimum);
    for (int j = 0; j < 16; ++j) {
      out[j] = static_cast<float>(b.quanta[j] & 15) * scale + minimum;
      out[j + 16] = static_cast<float>(b.quanta[j] >> 4) * scale + minimum;
    }
  }

  // Element j of a 5-bit block, 0 to 31.
  template <typename Block>
  static int low_five_bits(const Block& b, int j) {
    return (b.quanta[j] & 15) | static_cast<int>((b.high_bits >> j & 1U) << 4);
  }
  template <typename Block>
  static int high_five_bits(const Block& b, int j) {
    return (b.quanta[j] >> 4) | static_cast<int>((b.high_bits >> (j + 16) & 1U) << 4);
  }

  static void block(const BlockQ5_0& b, float* out) {
    const float scale = f32_from_f16(b.scale);
    for (int j = 0; j < 16; ++j) {
      out[j] = static_cast<float>(low_five_bits(b, j) - 16) * scale;
      out[j + 16] = static_cast<float>(high_five_bits(b, j) - 16) * scale;
    }
  }

  static void block(const BlockQ5_1& b, float* out) {
    const float scale = f32_from_f16(b.scale);
    const float minimum = f32_from_f16(b.minimum);
    for (int j = 0; j < 16; ++j) {
      out[j] = static_cast<float>(low_five_bits(b, j)) * scale + minimum;
      out[j + 16] = static_cast<float>(high_five_bits(b, j)) * scale + minimum;
    }
  }

  static void block(const BlockQ8_0& b, float* out) {
    const float scale = f32_from_f16(b.scale);
    for (int j = 0; j < kSmallBlock; ++j) out[j] = static_cast<float>(b.quanta[j]) * scale;
  }

  static void block(BlockQ2_K b, float* out) {
    const float scale = f32_from_f16(b.scale);
    const float minimum = f32_from_f16(b.minimum);
    for (int group = 0; group < 16; ++group) {
      const uint8_t* quanta = b.quanta.data() + group / 8 * 32 + group % 2 * 16;
      const int shift = group % 8 / 2 * 2;
      const float group_scale = scale * static_cast<float>(b.scales[group] & 15);
      const float group_minimum = minimum * static_cast<float>(b.scales[group] >> 4);
      for (int l = 0; l < 16; ++l) {
        out[group * 16 + l] =
            group_scale * static_cast<float>(quanta[l] >> shift & 3) - group_minimum;
      }
    }
  }

  static void block(const BlockQ3_K& b, float* out) {
    const float scale = f32_from_f16(b.scale);
    for (int group = 0; group < 16; ++group) {
      const uint8_t* quanta = b.quanta.data() + group / 8 * 32 + group % 2 * 16;
      const uint8_t* high_bits = b.high_bits.data() + group % 2 * 16;
      const int shift = group % 8 / 2 * 2;
      const int high_shift = group / 2;
      const float group_scale = scale * static_cast<float>(unpack_q3_k_scale(b, group) - 32);
      for (int l = 0; l < 16; ++l) {
        const int q = (quanta[l] >> shift & 3) | (high_bits[l] >> high_shift & 1) << 2;
        out[group * 16 + l] = group_scale * static_cast<float>(q - 4);
      }
    }
  }

  static void block(const BlockQ4_K& b, float* out) {
    const float scale = f32_from_f16(b.scale);
    const float minimum = f32_from_f16(b.minimum);
    for (int group = 0; group < 8; ++group) {
      const uint8_t* quanta = b.quanta.data() + group / 2 * 32;
      const int shift = group % 2 * 4;
      const ScaleMin packed = unpack_scale_min(b.scales, group);
      const float group_scale = scale * static_cast<float>(packed.scale);
      const float group_minimum = minimum * static_cast<float>(packed.minimum);
      for (int l = 0; l < 32; ++l) {
        out[group * 32 + l] =
            group_scale * static_cast<float>(quanta[l] >> shift & 15) - group_minimum;
      }
    }
  }

  static void block(const BlockQ5_K& b, float* out) {
    const float scale = f32_from_f16(b.scale);
    const float minimum = f32_from_f16(b.minimum);
    for (int group = 0; group < 8; ++group) {
      const uint8_t* quanta = b.quanta.data() + group / 2 * 32;
      const int shift = group % 2 * 4;
      const ScaleMin packed = unpack_scale_min(b.scales, group);
      const float group_scale = scale * static_cast<float>(packed.scale);
      const float group_minimum = minimum * static_cast<float>(packed.minimum);
      for (int l = 0; l < 32; ++l) {
        const int q = (quanta[l] >> shift & 15) | (b.high_bits[l] >> group & 1) << 4;
        out[group * 32 + l] = group_scale * static_cast<float>(q) - group_minimum;
      }
    }
  }

  static void block(const BlockQ6_K& b, float* out) {
    const float scale = f32_from_f16(b.scale);
    for (int group = 0; group < 16; ++group) {
      const int pair = group % 8 / 2;
      const uint8_t* quanta = b.quanta.data() + group / 8 * 64 + pair % 2 * 32 + group % 2 * 16;
      const uint8_t* high_bits = b.high_bits.data() + group / 8 * 32 + group % 2 * 16;
      const int shift = pair / 2 * 4;
      const float group_scale = scale * static_cast<float>(b.scales[group]);
      for (int l = 0; l < 16; ++l) {
        const int q = (quanta[l] >> shift & 15) | (high_bits[l] >> 2 * pair & 3) << 4;
        out[group * 16 + l] = group_scale * static_cast<float>(q - 32);
      }
    }
  }

  static void nonlinear(const uint8_t* quanta, float scale, float* out) {
    for (int j = 0; j < 16; ++j) {
      out[j] = scale * static_cast<float>(kIq4Values[quanta[j] & 15]);
      out[j + 16] = scale * static_cast<float>(kIq4Values[quanta[j] >> 4]);
    }
  }

  static void block(const BlockIQ4_NL& b, float* out) {
    nonlinear(b.quanta.data(), f32_from_f16(b.scale), out);
  }

  static void block(const BlockIQ4_XS& b, float* out) {
    const float scale = f32_from_f16(b.scale);
    for (int group = 0; group < 8; ++group) {
      const int low = b.low_scales[group / 2] >> group % 2 * 4 & 15;
      const int high = b.high_scales >> 2 * group & 3;
      const float group_scale = scale * static_cast<float>((low | high << 4) - 32);
      nonlinear(b.quanta.data() + group * 16, group_scale, out + group * 32);
    }
  }

  template <typename Block>
  static void all(const std::byte* bytes, size_t num_elements, float* out, size_t block_elements) {
    GANGLION_ASSERT(num_elements % block_elements == 0);
    const auto* blocks = reinterpret_cast<const Block*>(bytes);
    for (size_t i = 0; i < num_elements / block_elements; ++i) {
      block(blocks[i], out + i * block_elements);
    }
  }

  template <float (*convert)(uint16_t)>
  static void halves(const std::byte* bytes, size_t num_elements, float* out) {
    for (size_t i = 0; i < num_elements; ++i) {
      uint16_t half = 0;
      std::memcpy(&half, bytes + i * sizeof(half), sizeof(half));
      out[i] = convert(half);
    }
  }

  // KernelTable::expand_blocks.
  static void run(DType dtype, const std::byte* bytes, size_t n, float* out) {
    switch (dtype) {
      case DType::kF32:
        if (n > 0) std::memcpy(out, bytes, n * sizeof(float));
        return;
      case DType::kF16:
        return halves<f32_from_f16>(bytes, n, out);
      case DType::kBF16:
        return halves<f32_from_bf16>(bytes, n, out);
      case DType::kQ4_0:
        return all<BlockQ4_0>(bytes, n, out, kSmallBlock);
      case DType::kQ4_1:
        return all<BlockQ4_1>(bytes, n, out, kSmallBlock);
      case DType::kQ5_0:
        return all<BlockQ5_0>(bytes, n, out, kSmallBlock);
      case DType::kQ5_1:
        return all<BlockQ5_1>(bytes, n, out, kSmallBlock);
      case DType::kQ8_0:
        return all<BlockQ8_0>(bytes, n, out, kSmallBlock);
      case DType::kQ2_K:
        return all<BlockQ2_K>(bytes, n, out, kSuperBlock);
      case DType::kQ3_K:
        return all<BlockQ3_K>(bytes, n, out, kSuperBlock);
      case DType::kQ4_K:
        return all<BlockQ4_K>(bytes, n, out, kSuperBlock);
      case DType::kQ5_K:
        return all<BlockQ5_K>(bytes, n, out, kSuperBlock);
      case DType::kQ6_K:
        return all<BlockQ6_K>(bytes, n, out, kSuperBlock);
      case DType::kIQ4_NL:
        return all<BlockIQ4_NL>(bytes, n, out, kSmallBlock);
      case DType::kIQ4_XS:
        return all<BlockIQ4_XS>(bytes, n, out, kSuperBlock);
      default:
        GANGLION_ASSERT(false && "expand_blocks of a type that is_expandable refuses");
    }
  }
};

}  // namespace ganglion
