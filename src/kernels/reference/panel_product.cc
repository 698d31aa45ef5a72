#include "kernels/reference/panel_product.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "kernels/weight_panels.h"
#include "tensor/block_layouts.h"
#include "tensor/half.h"

namespace ganglion::reference {
namespace {

// One output's weights in a panel.
struct PanelRow {
  const PanelLayout& layout;
  const std::byte* panel;
  size_t row;  // of the panel

  unsigned byte_at(size_t group, size_t line, size_t input) const {
    const size_t at = line * kLineBytes + row * kDepthStep + input % kDepthStep;
    return std::to_integer<unsigned>(panel[layout.codes_at(group) + at]);
  }

  // Less the zero point.
  int code(size_t group, size_t input) const {
    const size_t step = input / kDepthStep;
    const auto nibble = [&] { return byte_at(group, step % 4, input) >> (step / 4 * 4) & 15U; };
    const auto bit = [&](size_t line) { return byte_at(group, line, input) >> step & 1U; };
    const auto pair = [&](size_t line) {
      return byte_at(group, line + step / 4, input) >> (step % 4 * 2) & 3U;
    };
    unsigned code = 0;
    switch (layout.planes) {
      case CodePlanes::kNibbles:
        code = nibble();
        break;
      case CodePlanes::kNibblesAndBits:
        code = nibble() | bit(4) << 4;
        break;
      case CodePlanes::kNibblesAndPairs:
        code = nibble() | pair(4) << 4;
        break;
      case CodePlanes::kBytes:
        code = byte_at(group, step, input);
        break;
      case CodePlanes::kPairs:
        code = pair(0);
        break;
      case CodePlanes::kPairsAndBits:
        code = pair(0) | bit(2) << 2;
        break;
      case CodePlanes::kBfloats:
        GANGLION_ASSERT(false && "bfloats are no codes");
    }
    if (layout.has_levels) return kIq4Values[code];
    const int zero_point = layout.zero_point_bits == 0 ? 0 : 1 << layout.zero_point_bits;
    return static_cast<int>(code) - zero_point;
  }

  // Kind 0 is the scale, 1 the minimum.
  float scale(size_t group, size_t part, size_t kind) const {
    const std::byte* unit = panel + group / layout.groups_per_unit * layout.unit_bytes();
    uint16_t half = 0;
    std::memcpy(&half, unit + (kind * kPanelColumns + row) * sizeof(half), sizeof(half));
    const float whole = f32_from_f16(half);
    if (!layout.has_factors) return whole;
    const size_t num_kinds = layout.has_minima ? 2 : 1;
    const size_t num_parts = layout.groups_per_unit * layout.parts_per_group;
    const size_t index = group % layout.groups_per_unit * layout.parts_per_group + part;
    const std::byte* factors = unit + num_kinds * kPanelColumns * sizeof(half);
    const auto factor =
        static_cast<int8_t>(factors[(kind * num_parts + index) * kPanelColumns + row]);
    return whole * static_cast<float>(factor);
  }
};

struct PartSums {
  int32_t products = 0;
  int32_t activations = 0;
};

PartSums part_sums(const PanelProduct& product, const PanelRow& weights, size_t m, size_t group,
                   size_t part) {
  const size_t part_inputs = kGroupInputs / weights.layout.parts_per_group;
  PartSums sums;
  for (size_t i = part * part_inputs; i < (part + 1) * part_inputs; ++i) {
    const int8_t a = product.a.q[m * product.depth + group * kGroupInputs + i];
    sums.products += a * weights.code(group, i);
    sums.activations += a;
  }
  return sums;
}

float element(const PanelProduct& product, const PanelRow& weights, size_t m) {
  const PanelLayout& layout = weights.layout;
  const size_t num_shared = layout.scaled_groups();
  float total = 0;
  for (size_t first = 0; first < product.num_groups(); first += num_shared) {
    const float scale = product.a.scales[m * product.num_groups() + first];
    float sum = 0;
    for (size_t i = 0; i < num_shared * layout.parts_per_group; ++i) {
      const size_t group = first + i / layout.parts_per_group;
      const size_t part = i % layout.parts_per_group;
      const PartSums sums = part_sums(product, weights, m, group, part);
      sum = std::fma(static_cast<float>(sums.products), weights.scale(group, part, 0), sum);
      if (!layout.has_minima) continue;
      total = std::fma(weights.scale(group, part, 1), static_cast<float>(-sums.activations) * scale,
                       total);
    }
    total = std::fma(sum, scale, total);
  }
  return total;
}

float bfloat_element(const PanelProduct& product, const PanelRow& weights, size_t m) {
  const uint16_t* a = product.a_bf16 + m * product.depth;
  const auto weight = [&](size_t k) {
    uint16_t half = 0;
    std::memcpy(&half,
                weights.panel + k / 2 * kLineBytes + (weights.row * 2 + k % 2) * sizeof(half),
                sizeof(half));
    return f32_from_bf16(half);
  };
  float total = 0;
  for (size_t k = 0; k < product.depth; k += 2) {
    total = std::fma(f32_from_bf16(a[k + 1]), weight(k + 1), total);
    total = std::fma(f32_from_bf16(a[k]), weight(k), total);
  }
  return total;
}

}  // namespace

void quantize_activations(const float* x, size_t size, size_t scaled_groups,
                          const QuantizedRow& row) {
  const size_t scaled = scaled_groups * kGroupInputs;
  for (size_t part = 0; part < size / 16; ++part) {
    const size_t first = part * 16 / scaled * scaled;
    float largest = 0;
    for (size_t i = first; i < first + scaled; ++i) largest = std::max(largest, std::fabs(x[i]));
    const bool all_finite = std::all_of(x + first, x + first + scaled,
                                        [](float value) { return std::isfinite(value); });
    const float scale = all_finite ? largest / 127.0F : std::numeric_limits<float>::quiet_NaN();
    const float inverse = largest > 0 ? 127.0F / largest : 0.0F;
    int32_t minus_sum = 0;
    for (size_t i = part * 16; i < part * 16 + 16; ++i) {
      const float rounded = std::nearbyint(x[i] * inverse);
      row.q[i] = std::isfinite(x[i]) ? static_cast<int8_t>(rounded) : int8_t{-128};
      minus_sum -= row.q[i];
    }
    row.scales[part / 2] = scale;
    row.minus_sums16[part] = minus_sum;
    row.scaled_minus_sums16[part] = static_cast<float>(minus_sum) * scale;
    if (part % 2 == 0) continue;
    row.minus_sums32[part / 2] = row.minus_sums16[part - 1] + minus_sum;
    row.scaled_minus_sums32[part / 2] = static_cast<float>(row.minus_sums32[part / 2]) * scale;
  }
}

void round_to_bf16(const float* x, size_t size, uint16_t* out) {
  for (size_t i = 0; i < size; ++i) out[i] = bf16_from_f32(x[i]);
}

void multiply_panels(const PanelProduct& product) {
  const PanelLayout layout = panel_layout(product.dtype);
  for (size_t n = 0; n < product.num_columns; ++n) {
    const PanelRow weights = {
        layout, product.panels + n / kPanelColumns * layout.panel_bytes(product.depth),
        n % kPanelColumns};
    for (size_t m = 0; m < product.num_rows; ++m) {
      const float total = layout.planes == CodePlanes::kBfloats
                              ? bfloat_element(product, weights, m)
                              : element(product, weights, m);
      product.c[m * product.c_stride + n] =
          product.bias == nullptr ? total : total + product.bias[n];
    }
  }
}

}  // namespace ganglion::reference
