#include "kernels/reference/panel_product.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/weight_panels.h"
#include "tensor/block_layouts.h"
#include "tensor/half.h"

namespace ganglion::reference {
namespace {

// One output's weights in a panel.
struct PanelRow {
  const PanelLayout& layout;
  const std::byte* panel;
  size_t num_groups;
  size_t row;  // of the panel

  unsigned byte_at(size_t group, size_t line, size_t input) const {
    const size_t at = line * kLineBytes + row * kDepthStep + input % kDepthStep;
    return std::to_integer<unsigned>(panel[group * layout.code_bytes() + at]);
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
    }
    if (layout.has_levels) return kIq4Values[code];
    const int zero_point = layout.zero_point_bits == 0 ? 0 : 1 << layout.zero_point_bits;
    return static_cast<int>(code) - zero_point;
  }

  // Kind 0 is the scale, 1 the minimum.
  float scale(size_t group, size_t part, size_t kind) const {
    const std::byte* unit = panel + num_groups * layout.code_bytes() +
                            group / layout.groups_per_unit * layout.scale_bytes();
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

// The sum over the inputs that share a scale of activations.
float block_sum(const PanelProduct& product, const PanelRow& weights, size_t m, size_t block) {
  const size_t num_parts = weights.layout.parts_per_group;
  const size_t part_inputs = kGroupInputs / num_parts;
  const size_t end = std::min((block + 1) * kScaleInputs / kGroupInputs, product.num_groups());
  float sum = 0;
  for (size_t group = block * kScaleInputs / kGroupInputs; group < end; ++group) {
    for (size_t part = 0; part < num_parts; ++part) {
      int32_t products = 0;
      int32_t activations = 0;
      for (size_t i = part * part_inputs; i < (part + 1) * part_inputs; ++i) {
        const int8_t a = product.a[m * product.depth + group * kGroupInputs + i];
        products += a * weights.code(group, i);
        activations += a;
      }
      sum = std::fma(static_cast<float>(products), weights.scale(group, part, 0), sum);
      if (!weights.layout.has_minima) continue;
      sum = std::fma(weights.scale(group, part, 1), static_cast<float>(-activations), sum);
    }
  }
  return sum;
}

}  // namespace

void quantize_activations(const float* x, size_t size, const QuantizedRow& row) {
  std::fill_n(row.minus_sums16, size / 16, 0);
  std::fill_n(row.minus_sums32, size / 32, 0);
  for (size_t first = 0; first < size; first += kScaleInputs) {
    const size_t last = std::min(first + kScaleInputs, size);
    float largest = 0;
    for (size_t i = first; i < last; ++i) largest = std::max(largest, std::fabs(x[i]));
    row.scales[first / kScaleInputs] = largest / 127.0F;
    const float inverse = largest > 0 ? 127.0F / largest : 0.0F;
    for (size_t i = first; i < last; ++i) {
      row.q[i] = static_cast<int8_t>(std::nearbyint(x[i] * inverse));
      row.minus_sums16[i / 16] -= row.q[i];
      row.minus_sums32[i / 32] -= row.q[i];
    }
  }
}

void multiply_panels(const PanelProduct& product) {
  const PanelLayout layout = panel_layout(product.dtype);
  const size_t num_scales = product.num_scales();
  for (size_t n = 0; n < product.num_columns; ++n) {
    const PanelRow weights = {
        layout, product.panels + n / kPanelColumns * layout.panel_bytes(product.depth),
        product.num_groups(), n % kPanelColumns};
    for (size_t m = 0; m < product.num_rows; ++m) {
      float total = 0;
      for (size_t block = 0; block < num_scales; ++block) {
        total = std::fma(block_sum(product, weights, m, block),
                         product.a_scales[m * num_scales + block], total);
      }
      product.c[m * product.c_stride + n] =
          product.bias == nullptr ? total : total + product.bias[n];
    }
  }
}

}  // namespace ganglion::reference
