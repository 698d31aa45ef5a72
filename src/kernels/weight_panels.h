// Weights as the matrix products of decoders read them: panels of 16 rows (outputs),
// interleaved so that one vector holds the same four inputs of all rows. They are unpacked in
// registers, for one row of activations or for several at once. Unpacking a panel once for all rows
// into the cache was measured too: 2 to 6 % faster from 64 rows on, not worth a second layout.
//
// Letters: N outputs, K inputs. A group is 32 inputs, a step 4, a part the 16 or 32 inputs that
// share a scale, a unit the inputs of one block of the file's type (32 or 256).
// A weight is scale * (code - zero point), or scale * code - minimum: exactly the file's values,
// but for the roundings of one multiplication.
//
// A panel is a row of units, so that memory is read from one end to the other: a unit's scales,
// then the codes of its groups.
//   scales: F16 scale [16], F16 minimum [16] where there are minima, and for super-blocks int8
//     factors [parts][16] of the scale, then of the minimum.
//   codes of a group, 64 bytes a line, row r's four inputs at 4 r:
//     nibbles     4 lines; line j holds step j in the low halves, step j + 4 in the high ones
//     high bits   1 line; bit i of a byte belongs to step i
//     high pairs  2 lines; line h holds steps 4 h to 4 h + 3, from the lowest pair up
//     bytes       8 lines
//     low pairs   2 lines, as high pairs
//     bfloats     16 lines of two inputs a row, in bfloat16; no scales. F16 is rounded to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernel_table.h"
#include "tensor/dtype.h"
#include "tensor/tensor_view.h"

namespace ganglion {

// Raised when the bytes that pack_panels() writes change: files of panels outlive programs.
inline constexpr uint32_t kPanelVersion = 1;
inline constexpr size_t kGroupLines = kGroupInputs / kDepthStep;  // steps of a group
inline constexpr size_t kLineBytes = kPanelColumns * kDepthStep;
inline constexpr size_t kPanelGroups = 8;  // groups of a super-block

enum class CodePlanes : uint8_t {
  kNibbles,
  kNibblesAndBits,
  kNibblesAndPairs,
  kBytes,
  kPairs,
  kPairsAndBits,
  kBfloats,
};

// How a type lies in a panel; usable as a template argument.
struct PanelLayout {
  CodePlanes planes = CodePlanes::kNibbles;
  size_t groups_per_unit = 1;
  size_t parts_per_group = 1;
  bool has_factors = false;  // 8-bit factors of the unit's scale (and minimum), one a part
  bool has_minima = false;
  int zero_point_bits = 0;  // the zero point is 2 to this; 0: none
  bool has_levels = false;  // codes stand for kIq4Values + 128

  constexpr size_t code_bytes() const {  // of a group
    constexpr size_t kLines[] = {4, 5, 6, 8, 2, 3, 16};
    return kLines[static_cast<size_t>(planes)] * kLineBytes;
  }
  constexpr int code_bits() const {
    constexpr int kBits[] = {4, 5, 6, 8, 2, 3};
    return has_levels ? 8 : kBits[static_cast<size_t>(planes)];
  }
  constexpr size_t scale_bytes() const {  // of a unit
    if (planes == CodePlanes::kBfloats) return 0;
    const size_t num_kinds = has_minima ? 2 : 1;
    const size_t factors = has_factors ? groups_per_unit * parts_per_group : 0;
    return num_kinds * kPanelColumns * (sizeof(uint16_t) + factors);
  }
  // How many groups of activations share a scale, of those that meet these weights: more cost
  // precision and save time, less than the larger blocks of the K types would.
  constexpr size_t scaled_groups() const { return groups_per_unit == 1 ? 1 : 2; }
  constexpr size_t unit_bytes() const { return scale_bytes() + groups_per_unit * code_bytes(); }
  // Where the codes of a group begin in a panel.
  constexpr size_t codes_at(size_t group) const {
    return group / groups_per_unit * unit_bytes() + scale_bytes() +
           group % groups_per_unit * code_bytes();
  }
  // Bytes of a panel of `num_inputs`, a multiple of the type's block; whole cache lines.
  constexpr size_t panel_bytes(size_t num_inputs) const {
    const size_t bytes = num_inputs / kGroupInputs / groups_per_unit * unit_bytes();
    return (bytes + kLineBytes - 1) / kLineBytes * kLineBytes;
  }
};

// Whether there are panels of a matrix [N, num_inputs] of the type: of every quantised type that
// files store, and of F16 and BF16 with a multiple of kGroupInputs inputs.
bool has_panels(DType dtype, size_t num_inputs);

constexpr PanelLayout panel_layout(DType dtype) {
  using enum CodePlanes;
  switch (dtype) {
    case DType::kQ4_0:
      return {.planes = kNibbles, .zero_point_bits = 3};
    case DType::kQ4_1:
      return {.planes = kNibbles, .has_minima = true};
    case DType::kQ5_0:
      return {.planes = kNibblesAndBits, .zero_point_bits = 4};
    case DType::kQ5_1:
      return {.planes = kNibblesAndBits, .has_minima = true};
    case DType::kQ8_0:
      return {.planes = kBytes, .zero_point_bits = 7};
    case DType::kQ2_K:
      return {kPairs, kPanelGroups, 2, true, true};
    case DType::kQ3_K:
      return {kPairsAndBits, kPanelGroups, 2, true, false, 2};
    case DType::kQ4_K:
      return {kNibbles, kPanelGroups, 1, true, true};
    case DType::kQ5_K:
      return {kNibblesAndBits, kPanelGroups, 1, true, true};
    case DType::kQ6_K:
      return {kNibblesAndPairs, kPanelGroups, 2, true, false, 5};
    case DType::kIQ4_NL:
      return {.planes = kNibbles, .zero_point_bits = 7, .has_levels = true};
    case DType::kIQ4_XS:
      return {kNibbles, kPanelGroups, 1, true, false, 7, true};
    case DType::kF16:
    case DType::kBF16:
      return {.planes = kBfloats};
    default:
      return {};
  }
}

// Bytes of the panels of a matrix [num_outputs, num_inputs] of a type that has_panels.
size_t panels_bytes(DType dtype, size_t num_outputs, size_t num_inputs);

// Writes panels [first_panel, last_panel) of `weights` [N, K], a type that has_panels, to `out`,
// where the first of them begins (64-byte aligned). Rows beyond N are zeros.
void pack_panels(const TensorView& weights, size_t first_panel, size_t last_panel, std::byte* out);

}  // namespace ganglion
