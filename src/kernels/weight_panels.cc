#include "kernels/weight_panels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "kernels/expand.h"
#include "tensor/block_layouts.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

// A block of any type: codes, and scales as the panel stores them.
struct UnpackedUnit {
  std::array<uint8_t, kSuperBlock> codes = {};
  uint16_t scale = 0;
  uint16_t minimum = 0;
  std::array<int8_t, 16> scale_factors = {};
  std::array<int8_t, 16> minimum_factors = {};
};

void unpack_nibbles(const std::array<uint8_t, 16>& quanta, UnpackedUnit& unit) {
  for (size_t j = 0; j < 16; ++j) {
    unit.codes[j] = quanta[j] & 15;
    unit.codes[j + 16] = quanta[j] >> 4;
  }
}

void unpack_fifth_bits(uint32_t high_bits, UnpackedUnit& unit) {
  for (size_t j = 0; j < kSmallBlock; ++j) {
    unit.codes[j] = static_cast<uint8_t>(unit.codes[j] | (high_bits >> j & 1U) << 4);
  }
}

// What is subtracted is the file's minimum with the other sign.
uint16_t negated(uint16_t half) { return half ^ 0x8000U; }

void unpack(const BlockQ4_0& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  unpack_nibbles(b.quanta, unit);
}

void unpack(const BlockQ4_1& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  unit.minimum = negated(b.minimum);
  unpack_nibbles(b.quanta, unit);
}

void unpack(const BlockQ5_0& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  unpack_nibbles(b.quanta, unit);
  unpack_fifth_bits(b.high_bits, unit);
}

void unpack(const BlockQ5_1& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  unit.minimum = negated(b.minimum);
  unpack_nibbles(b.quanta, unit);
  unpack_fifth_bits(b.high_bits, unit);
}

void unpack(const BlockQ8_0& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  for (size_t j = 0; j < kSmallBlock; ++j) {
    unit.codes[j] = static_cast<uint8_t>(static_cast<uint8_t>(b.quanta[j]) ^ 0x80U);
  }
}

// Element i of the two-bit planes of Q2_K and Q3_K.
template <typename Block>
uint8_t low_pair(const Block& b, size_t i) {
  return b.quanta[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
}

void unpack(const BlockQ2_K& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  unit.minimum = b.minimum;
  for (size_t i = 0; i < kSuperBlock; ++i) unit.codes[i] = low_pair(b, i);
  for (size_t part = 0; part < 16; ++part) {
    unit.scale_factors[part] = static_cast<int8_t>(b.scales[part] & 15);
    unit.minimum_factors[part] = static_cast<int8_t>(b.scales[part] >> 4);
  }
}

void unpack(const BlockQ3_K& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  for (size_t i = 0; i < kSuperBlock; ++i) {
    const unsigned high = b.high_bits[i % 32] >> (i / 32) & 1U;
    unit.codes[i] = static_cast<uint8_t>(low_pair(b, i) | high << 2);
  }
  for (int part = 0; part < 16; ++part) {
    unit.scale_factors[part] = static_cast<int8_t>(unpack_q3_k_scale(b, part) - 32);
  }
}

template <typename Block>
void unpack_affine(const Block& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  unit.minimum = b.minimum;
  for (size_t i = 0; i < kSuperBlock; ++i) {
    unit.codes[i] = b.quanta[i / 64 * 32 + i % 32] >> (i % 64 / 32 * 4) & 15;
  }
  for (int part = 0; part < 8; ++part) {
    const ScaleMin packed = unpack_scale_min(b.scales, part);
    unit.scale_factors[part] = static_cast<int8_t>(packed.scale);
    unit.minimum_factors[part] = static_cast<int8_t>(packed.minimum);
  }
}

void unpack(const BlockQ4_K& b, UnpackedUnit& unit) { unpack_affine(b, unit); }

void unpack(const BlockQ5_K& b, UnpackedUnit& unit) {
  unpack_affine(b, unit);
  for (size_t i = 0; i < kSuperBlock; ++i) {
    const unsigned high = b.high_bits[i % 32] >> (i / 32) & 1U;
    unit.codes[i] = static_cast<uint8_t>(unit.codes[i] | high << 4);
  }
}

void unpack(const BlockQ6_K& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  for (size_t i = 0; i < kSuperBlock; ++i) {
    const size_t half = i / 128;
    const size_t pair = i % 128 / 32;
    const unsigned low = b.quanta[half * 64 + pair % 2 * 32 + i % 32] >> (pair / 2 * 4) & 15U;
    const unsigned high = b.high_bits[half * 32 + i % 32] >> (2 * pair) & 3U;
    unit.codes[i] = static_cast<uint8_t>(low | high << 4);
  }
  unit.scale_factors = b.scales;
}

void unpack(const BlockIQ4_NL& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  unpack_nibbles(b.quanta, unit);
}

void unpack(const BlockIQ4_XS& b, UnpackedUnit& unit) {
  unit.scale = b.scale;
  for (size_t i = 0; i < kSuperBlock; ++i) {
    unit.codes[i] = b.quanta[i / 32 * 16 + i % 16] >> (i % 32 / 16 * 4) & 15;
  }
  for (size_t part = 0; part < 8; ++part) {
    const int low = b.low_scales[part / 2] >> (part % 2 * 4) & 15;
    const int high = b.high_scales >> (2 * part) & 3;
    unit.scale_factors[part] = static_cast<int8_t>((low | high << 4) - 32);
  }
}

// Adds the codes of one row's group to the lines `out` of the panel, which begin as zeros: four
// codes, a step, at once.
template <CodePlanes kPlanes>
void store_codes(const uint8_t* codes, size_t row, std::byte* out) {
  const auto add = [&](size_t line, uint32_t bits) {
    std::byte* at = out + line * kLineBytes + row * kDepthStep;
    uint32_t sum = 0;
    std::memcpy(&sum, at, sizeof(sum));
    sum |= bits;
    std::memcpy(at, &sum, sizeof(sum));
  };
  for (size_t step = 0; step < kGroupLines; ++step) {
    uint32_t code = 0;
    std::memcpy(&code, codes + step * kDepthStep, sizeof(code));
    constexpr uint32_t kOnes = 0x01010101;
    if constexpr (kPlanes == CodePlanes::kBytes) {
      add(step, code);
    } else if constexpr (kPlanes == CodePlanes::kPairs || kPlanes == CodePlanes::kPairsAndBits) {
      add(step / 4, (code & 3 * kOnes) << (step % 4 * 2));
      if constexpr (kPlanes == CodePlanes::kPairsAndBits) add(2, (code >> 2 & kOnes) << step);
    } else {
      add(step % 4, (code & 15 * kOnes) << (step / 4 * 4));
      if constexpr (kPlanes == CodePlanes::kNibblesAndBits) add(4, (code >> 4 & kOnes) << step);
      if constexpr (kPlanes == CodePlanes::kNibblesAndPairs) {
        add(4 + step / 4, (code >> 4 & 3 * kOnes) << (step % 4 * 2));
      }
    }
  }
}

void store_half(uint16_t half, size_t row, std::byte* out) {
  std::memcpy(out + row * sizeof(half), &half, sizeof(half));
}

// The scales of one row's unit into the unit's place in the panel.
void store_scales(const PanelLayout& layout, const UnpackedUnit& unit, size_t row, std::byte* out) {
  constexpr size_t kHalves = kPanelColumns * sizeof(uint16_t);
  const size_t num_parts = layout.groups_per_unit * layout.parts_per_group;
  const auto store_factors = [&](const std::array<int8_t, 16>& factors, std::byte* start) {
    for (size_t part = 0; layout.has_factors && part < num_parts; ++part) {
      start[part * kPanelColumns + row] = static_cast<std::byte>(factors[part]);
    }
  };
  store_half(unit.scale, row, out);
  if (layout.has_minima) store_half(unit.minimum, row, out + kHalves);
  std::byte* factors = out + (layout.has_minima ? 2 : 1) * kHalves;
  store_factors(unit.scale_factors, factors);
  if (layout.has_minima) store_factors(unit.minimum_factors, factors + num_parts * kPanelColumns);
}

template <typename Block, DType kType>
void pack_rows(const TensorView& weights, size_t first_panel, size_t last_panel, std::byte* out) {
  constexpr PanelLayout kLayout = panel_layout(kType);
  const auto num_rows = static_cast<size_t>(weights.shape[0]);
  const auto num_inputs = static_cast<size_t>(weights.shape[1]);
  const size_t num_groups = num_inputs / kGroupInputs;
  const size_t num_units = num_groups / kLayout.groups_per_unit;
  const auto* blocks = reinterpret_cast<const Block*>(weights.bytes.data());
  const size_t panel_bytes = kLayout.panel_bytes(num_inputs);
  std::memset(out, 0, (last_panel - first_panel) * panel_bytes);
  for (size_t row = first_panel * kPanelColumns;
       row < std::min(last_panel * kPanelColumns, num_rows); ++row) {
    const size_t lane = row % kPanelColumns;
    std::byte* panel = out + (row / kPanelColumns - first_panel) * panel_bytes;
    for (size_t i = 0; i < num_units; ++i) {
      UnpackedUnit unit;
      unpack(blocks[row * num_units + i], unit);
      for (size_t group = 0; group < kLayout.groups_per_unit; ++group) {
        store_codes<kLayout.planes>(unit.codes.data() + group * kGroupInputs, lane,
                                    panel + kLayout.codes_at(i * kLayout.groups_per_unit + group));
      }
      store_scales(kLayout, unit, lane, panel + i * kLayout.unit_bytes());
    }
  }
}

template <uint16_t (*convert)(uint16_t)>
void pack_floats(const TensorView& weights, size_t first_panel, size_t last_panel, std::byte* out) {
  const auto num_rows = static_cast<size_t>(weights.shape[0]);
  const auto num_inputs = static_cast<size_t>(weights.shape[1]);
  const size_t panel_bytes = panel_layout(DType::kBF16).panel_bytes(num_inputs);
  std::memset(out, 0, (last_panel - first_panel) * panel_bytes);
  for (size_t row = first_panel * kPanelColumns;
       row < std::min(last_panel * kPanelColumns, num_rows); ++row) {
    const std::byte* from = weights.bytes.data() + row * num_inputs * sizeof(uint16_t);
    std::byte* to = out + (row / kPanelColumns - first_panel) * panel_bytes +
                    row % kPanelColumns * 2 * sizeof(uint16_t);
    for (size_t i = 0; i < num_inputs; ++i) {
      uint16_t half = 0;
      std::memcpy(&half, from + i * sizeof(half), sizeof(half));
      half = convert(half);
      std::memcpy(to + i / 2 * kLineBytes + i % 2 * sizeof(half), &half, sizeof(half));
    }
  }
}

uint16_t bf16_from_f16(uint16_t half) { return bf16_from_f32(f32_from_f16(half)); }
uint16_t same_bits(uint16_t half) { return half; }

}  // namespace

bool has_panels(DType dtype, size_t num_inputs) {
  if (dtype == DType::kF16 || dtype == DType::kBF16) return num_inputs % kGroupInputs == 0;
  return dtype != DType::kF32 && is_expandable(dtype);
}

size_t panels_bytes(DType dtype, size_t num_outputs, size_t num_inputs) {
  const size_t num_panels = (num_outputs + kPanelColumns - 1) / kPanelColumns;
  return num_panels * panel_layout(dtype).panel_bytes(num_inputs);
}

void pack_panels(const TensorView& weights, size_t first_panel, size_t last_panel, std::byte* out) {
  switch (weights.dtype) {
    case DType::kQ4_0:
      return pack_rows<BlockQ4_0, DType::kQ4_0>(weights, first_panel, last_panel, out);
    case DType::kQ4_1:
      return pack_rows<BlockQ4_1, DType::kQ4_1>(weights, first_panel, last_panel, out);
    case DType::kQ5_0:
      return pack_rows<BlockQ5_0, DType::kQ5_0>(weights, first_panel, last_panel, out);
    case DType::kQ5_1:
      return pack_rows<BlockQ5_1, DType::kQ5_1>(weights, first_panel, last_panel, out);
    case DType::kQ8_0:
      return pack_rows<BlockQ8_0, DType::kQ8_0>(weights, first_panel, last_panel, out);
    case DType::kQ2_K:
      return pack_rows<BlockQ2_K, DType::kQ2_K>(weights, first_panel, last_panel, out);
    case DType::kQ3_K:
      return pack_rows<BlockQ3_K, DType::kQ3_K>(weights, first_panel, last_panel, out);
    case DType::kQ4_K:
      return pack_rows<BlockQ4_K, DType::kQ4_K>(weights, first_panel, last_panel, out);
    case DType::kQ5_K:
      return pack_rows<BlockQ5_K, DType::kQ5_K>(weights, first_panel, last_panel, out);
    case DType::kQ6_K:
      return pack_rows<BlockQ6_K, DType::kQ6_K>(weights, first_panel, last_panel, out);
    case DType::kIQ4_NL:
      return pack_rows<BlockIQ4_NL, DType::kIQ4_NL>(weights, first_panel, last_panel, out);
    case DType::kF16:
      return pack_floats<bf16_from_f16>(weights, first_panel, last_panel, out);
    case DType::kBF16:
      return pack_floats<same_bits>(weights, first_panel, last_panel, out);
    case DType::kIQ4_XS:
      return pack_rows<BlockIQ4_XS, DType::kIQ4_XS>(weights, first_panel, last_panel, out);
    default:
      GANGLION_ASSERT(false && "pack_panels of a type that has_panels refuses");
  }
}

}  // namespace ganglion
