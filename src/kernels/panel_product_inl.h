// Products of weight panels and 8-bit activations, written once for any vector type. Included by
// each instruction set's own source only.
//
// `V` has kLanes rows of a panel (16, 8 or 4) a vector, and sums the products of a step (u8 code
// times s8 activation, four a lane) exactly. Where the machine's instruction sums in 16 bits, V
// has kIsDirect false and its Partial sums are folded into 32 bits before they can overflow.
// Every output is computed in the order that kernels/kernel_table.h states, so all instruction sets
// give the same bits, and so do one row and many.
#pragma once

#include <algorithm>
#include <cstring>

#include "kernels/weight_panels.h"

namespace ganglion {

template <typename V>
struct PanelProducts {
  using Bytes = typename V::Bytes;
  using Ints = typename V::Ints;
  using Floats = typename V::Floats;

  static constexpr size_t kVectorBytes = V::kLanes * kDepthStep;

  // A panel as it is stored, from the lane `offset` on; units and groups are read one by one.
  template <PanelLayout kLayout>
  struct Packed {
    static constexpr PanelLayout kOf = kLayout;
    const std::byte* codes;
    const std::byte* scales;
    size_t offset;
    Bytes steps[kGroupLines];
    size_t unit_of_group = 0;
    size_t group_of_unit = 0;

    Packed(const std::byte* panel, size_t num_groups, size_t lane)
        : codes(panel + lane * kDepthStep),
          scales(panel + num_groups * kLayout.code_bytes()),
          offset(lane) {}

    // To be called for the groups in their order.
    [[gnu::always_inline]] void load(size_t group) {
      unit_of_group = group / kLayout.groups_per_unit;
      group_of_unit = group % kLayout.groups_per_unit;
      unpack<kLayout>(codes + group * kLayout.code_bytes(), steps);
    }
    [[gnu::always_inline]] Bytes step(size_t k) const { return steps[k]; }

    [[gnu::always_inline]] Floats scale(size_t part) const { return value(part, 0); }
    [[gnu::always_inline]] Floats minimum(size_t part) const { return value(part, 1); }

    // Kind 0 is the scale, 1 the minimum.
    [[gnu::always_inline]] Floats value(size_t part, size_t kind) const {
      constexpr size_t kHalves = kPanelColumns * sizeof(uint16_t);
      constexpr size_t kKinds = kLayout.has_minima ? 2 : 1;
      constexpr size_t kParts = kLayout.groups_per_unit * kLayout.parts_per_group;
      const std::byte* unit = scales + unit_of_group * kLayout.scale_bytes();
      const Floats whole = V::load_halves(unit + kind * kHalves + offset * sizeof(uint16_t));
      if constexpr (!kLayout.has_factors) return whole;
      const size_t index = group_of_unit * kLayout.parts_per_group + part;
      const std::byte* factors = unit + kKinds * kHalves + kind * kParts * kPanelColumns;
      return V::multiply(whole, V::load_factors(factors + index * kPanelColumns + offset));
    }
  };

  // A panel unpacked into scratch: codes [groups][8 steps][16][4], then scales and minima
  // [groups][parts][16] in float.
  template <PanelLayout kLayout>
  struct Expanded {
    static constexpr PanelLayout kOf = kLayout;
    const std::byte* codes;
    const float* scales;
    const float* minima;
    size_t group_loaded = 0;

    Expanded(const std::byte* scratch, size_t num_groups, size_t lane)
        : codes(scratch + lane * kDepthStep),
          scales(reinterpret_cast<const float*>(scratch + num_groups * kGroupLines * kLineBytes) +
                 lane),
          minima(scales + num_groups * kLayout.parts_per_group * kPanelColumns) {}

    [[gnu::always_inline]] void load(size_t group) { group_loaded = group; }
    [[gnu::always_inline]] Bytes step(size_t k) const {
      return V::load_bytes(codes + (group_loaded * kGroupLines + k) * kLineBytes);
    }
    [[gnu::always_inline]] Floats scale(size_t part) const { return at(scales, part); }
    [[gnu::always_inline]] Floats minimum(size_t part) const { return at(minima, part); }
    [[gnu::always_inline]] Floats at(const float* values, size_t part) const {
      return V::load(values + (group_loaded * kLayout.parts_per_group + part) * kPanelColumns);
    }
  };

  // The eight steps of a group.
  template <PanelLayout kLayout>
  [[gnu::always_inline]] static void unpack(const std::byte* lines, Bytes (&steps)[kGroupLines]) {
    constexpr CodePlanes kPlanes = kLayout.planes;
    const auto line = [&](size_t i) { return V::load_bytes(lines + i * kLineBytes); };
    if constexpr (kPlanes == CodePlanes::kBytes) {
#pragma GCC unroll 8
      for (size_t i = 0; i < 8; ++i) steps[i] = line(i);
      return;
    } else if constexpr (kPlanes == CodePlanes::kPairs || kPlanes == CodePlanes::kPairsAndBits) {
      unpack_pairs<0>(line(0), steps);
      unpack_pairs<4>(line(1), steps);
      if constexpr (kPlanes == CodePlanes::kPairsAndBits) add_bits<2>(line(2), steps);
    } else {
#pragma GCC unroll 4
      for (size_t i = 0; i < 4; ++i) {
        const Bytes both = line(i);
        steps[i] = V::and_mask(both, 0x0F);
        steps[i + 4] = V::and_mask(V::template shift_right<4>(both), 0x0F);
      }
      if constexpr (kPlanes == CodePlanes::kNibblesAndBits) add_bits<4>(line(4), steps);
      if constexpr (kPlanes == CodePlanes::kNibblesAndPairs) {
        add_pairs<0>(line(4), steps);
        add_pairs<4>(line(5), steps);
      }
      if constexpr (kLayout.has_levels) {
#pragma GCC unroll 8
        for (size_t i = 0; i < 8; ++i) steps[i] = V::look_up_levels(steps[i]);
      }
    }
  }

  // Bits kFrom up of every byte, moved to kTo.
  template <int kFrom, int kTo>
  [[gnu::always_inline]] static Bytes moved(Bytes x, int mask) {
    if constexpr (kFrom > kTo) return V::and_mask(V::template shift_right<kFrom - kTo>(x), mask);
    if constexpr (kFrom < kTo) return V::and_mask(V::template shift_left<kTo - kFrom>(x), mask);
    return V::and_mask(x, mask);
  }

  template <size_t kFirst>
  [[gnu::always_inline]] static void unpack_pairs(Bytes pairs, Bytes (&steps)[kGroupLines]) {
    steps[kFirst] = moved<0, 0>(pairs, 3);
    steps[kFirst + 1] = moved<2, 0>(pairs, 3);
    steps[kFirst + 2] = moved<4, 0>(pairs, 3);
    steps[kFirst + 3] = moved<6, 0>(pairs, 3);
  }

  template <size_t kFirst>
  [[gnu::always_inline]] static void add_pairs(Bytes pairs, Bytes (&steps)[kGroupLines]) {
    steps[kFirst] = V::either(steps[kFirst], moved<0, 4>(pairs, 0x30));
    steps[kFirst + 1] = V::either(steps[kFirst + 1], moved<2, 4>(pairs, 0x30));
    steps[kFirst + 2] = V::either(steps[kFirst + 2], moved<4, 4>(pairs, 0x30));
    steps[kFirst + 3] = V::either(steps[kFirst + 3], moved<6, 4>(pairs, 0x30));
  }

  template <int kTo>
  [[gnu::always_inline]] static void add_bits(Bytes bits, Bytes (&steps)[kGroupLines]) {
    constexpr int kMask = 1 << kTo;
    steps[0] = V::either(steps[0], moved<0, kTo>(bits, kMask));
    steps[1] = V::either(steps[1], moved<1, kTo>(bits, kMask));
    steps[2] = V::either(steps[2], moved<2, kTo>(bits, kMask));
    steps[3] = V::either(steps[3], moved<3, kTo>(bits, kMask));
    steps[4] = V::either(steps[4], moved<4, kTo>(bits, kMask));
    steps[5] = V::either(steps[5], moved<5, kTo>(bits, kMask));
    steps[6] = V::either(steps[6], moved<6, kTo>(bits, kMask));
    steps[7] = V::either(steps[7], moved<7, kTo>(bits, kMask));
  }

  // Writes what Expanded reads, for the lanes from `lane` on.
  template <PanelLayout kLayout>
  static void expand(const std::byte* panel, size_t num_groups, size_t lane, std::byte* scratch) {
    Packed<kLayout> packed(panel, num_groups, lane);
    auto* scales = reinterpret_cast<float*>(scratch + num_groups * kGroupLines * kLineBytes) + lane;
    float* minima = scales + num_groups * kLayout.parts_per_group * kPanelColumns;
    for (size_t group = 0; group < num_groups; ++group) {
      packed.load(group);
      for (size_t k = 0; k < kGroupLines; ++k) {
        V::store_bytes(packed.step(k),
                       scratch + (group * kGroupLines + k) * kLineBytes + lane * kDepthStep);
      }
      for (size_t part = 0; part < kLayout.parts_per_group; ++part) {
        const size_t at = (group * kLayout.parts_per_group + part) * kPanelColumns;
        V::store(packed.scale(part), scales + at);
        if constexpr (kLayout.has_minima) V::store(packed.minimum(part), minima + at);
      }
    }
  }

  // kRows rows of activations from `row` on times kPanels panels, into the sums [panel][row].
  template <typename Source, size_t kPanels, size_t kRows>
  static void tile(const PanelProduct& product, Source (&sources)[kPanels], size_t row,
                   Floats (&totals)[kPanels][kRows]) {
    constexpr size_t kScaleGroups = kScaleInputs / kGroupInputs;
    const size_t num_groups = product.num_groups();
    const size_t num_scales = product.num_scales();
    for (size_t i = 0; i < kPanels; ++i) {
      for (size_t m = 0; m < kRows; ++m) totals[i][m] = V::zero();
    }
    for (size_t block = 0; block < num_scales; ++block) {
      Floats sums[kPanels][kRows];
#pragma GCC unroll 8
      for (size_t i = 0; i < kPanels; ++i) {
#pragma GCC unroll 8
        for (size_t m = 0; m < kRows; ++m) sums[i][m] = V::zero();
      }
      const size_t end = std::min((block + 1) * kScaleGroups, num_groups);
      for (size_t group = block * kScaleGroups; group < end; ++group) {
#pragma GCC unroll 8
        for (size_t i = 0; i < kPanels; ++i) sources[i].load(group);
        add_part<Source, kPanels, kRows, 0>(product, sources, row, group, sums);
        if constexpr (Source::kOf.parts_per_group == 2) {
          add_part<Source, kPanels, kRows, 1>(product, sources, row, group, sums);
        }
      }
#pragma GCC unroll 8
      for (size_t m = 0; m < kRows; ++m) {
        const Floats scale = V::broadcast(product.a_scales[(row + m) * num_scales + block]);
#pragma GCC unroll 8
        for (size_t i = 0; i < kPanels; ++i) {
          totals[i][m] = V::multiply_add(sums[i][m], scale, totals[i][m]);
        }
      }
    }
  }

  // The products of one part of a group.
  template <typename Source, size_t kPanels, size_t kRows, size_t kPart>
  [[gnu::always_inline]] static void add_part(const PanelProduct& product,
                                              const Source (&sources)[kPanels], size_t row,
                                              size_t group, Floats (&sums)[kPanels][kRows]) {
    constexpr PanelLayout kLayout = Source::kOf;
    constexpr size_t kParts = kLayout.parts_per_group;
    const size_t num_parts = product.num_groups() * kParts;
    const int32_t* minus_sums = (kParts == 2 ? product.a_minus_sums16 : product.a_minus_sums32) +
                                row * num_parts + group * kParts + kPart;
    const int8_t* a = product.a + row * product.depth + group * kGroupInputs;
    Ints products[kPanels][kRows];
    multiply_part<Source, kPanels, kRows, kPart>(sources, a, product.depth, minus_sums, num_parts,
                                                 products);
#pragma GCC unroll 8
    for (size_t i = 0; i < kPanels; ++i) {
      const Floats scale = sources[i].scale(kPart);
#pragma GCC unroll 8
      for (size_t m = 0; m < kRows; ++m) {
        sums[i][m] = V::multiply_add(V::to_float(products[i][m]), scale, sums[i][m]);
      }
    }
    if constexpr (kLayout.has_minima) {
      Floats minima[kPanels];
#pragma GCC unroll 8
      for (size_t i = 0; i < kPanels; ++i) minima[i] = sources[i].minimum(kPart);
#pragma GCC unroll 8
      for (size_t m = 0; m < kRows; ++m) {
        const Floats minus_sum = V::to_float(V::broadcast_int(minus_sums[m * num_parts]));
#pragma GCC unroll 8
        for (size_t i = 0; i < kPanels; ++i) {
          sums[i][m] = V::multiply_add(minima[i], minus_sum, sums[i][m]);
        }
      }
    }
  }

  // sum of q * (code - zero point).
  template <typename Source, size_t kPanels, size_t kRows, size_t kPart>
  [[gnu::always_inline]] static void multiply_part(const Source (&sources)[kPanels],
                                                   const int8_t* a, size_t a_stride,
                                                   const int32_t* minus_sums, size_t num_parts,
                                                   Ints (&products)[kPanels][kRows]) {
    constexpr PanelLayout kLayout = Source::kOf;
    constexpr size_t kSteps = kGroupLines / kLayout.parts_per_group;
    constexpr size_t kFirst = kPart * kSteps;
    // V may take codes of 8 bits as signed ones, less 128: the zero point of all of them.
    constexpr bool kIsSigned = kLayout.code_bits() == 8 && !V::kTakesWideCodes;
#pragma GCC unroll 8
    for (size_t m = 0; m < kRows; ++m) {
      Ints start = V::zero_ints();
      if constexpr (kLayout.zero_point_bits > 0 && !kIsSigned) {
        start = V::template scale_int<kLayout.zero_point_bits>(
            V::broadcast_int(minus_sums[m * num_parts]));
      }
#pragma GCC unroll 8
      for (size_t i = 0; i < kPanels; ++i) products[i][m] = start;
    }
    if constexpr (V::kIsDirect) {
#pragma GCC unroll 8
      for (size_t k = kFirst; k < kFirst + kSteps; ++k) {
        Bytes codes[kPanels];
#pragma GCC unroll 8
        for (size_t i = 0; i < kPanels; ++i) {
          codes[i] = sources[i].step(k);
          if constexpr (kIsSigned) codes[i] = V::flip_signs(codes[i]);
        }
#pragma GCC unroll 8
        for (size_t m = 0; m < kRows; ++m) {
          const Bytes step = V::broadcast_step(a + m * a_stride + k * kDepthStep);
#pragma GCC unroll 8
          for (size_t i = 0; i < kPanels; ++i) {
            products[i][m] = V::add_products(products[i][m], codes[i], step);
          }
        }
      }
    } else {
      constexpr size_t kChain =
          std::min(kSteps, V::template chain_steps < kIsSigned ? 8 : kLayout.code_bits() > ());
#pragma GCC unroll 8
      for (size_t first = kFirst; first < kFirst + kSteps; first += kChain) {
        typename V::Partial partial[kPanels][kRows];
#pragma GCC unroll 8
        for (size_t k = first; k < first + kChain; ++k) {
          Bytes codes[kPanels];
#pragma GCC unroll 8
          for (size_t i = 0; i < kPanels; ++i) {
            codes[i] = sources[i].step(k);
            if constexpr (kIsSigned) codes[i] = V::flip_signs(codes[i]);
          }
#pragma GCC unroll 8
          for (size_t m = 0; m < kRows; ++m) {
            const Bytes step = V::broadcast_step(a + m * a_stride + k * kDepthStep);
#pragma GCC unroll 8
            for (size_t i = 0; i < kPanels; ++i) {
              const auto pairs = V::template multiply_pairs<kIsSigned>(codes[i], step);
              partial[i][m] = k == first ? pairs : V::add_partial(partial[i][m], pairs);
            }
          }
        }
#pragma GCC unroll 8
        for (size_t i = 0; i < kPanels; ++i) {
#pragma GCC unroll 8
          for (size_t m = 0; m < kRows; ++m) {
            products[i][m] = V::fold(products[i][m], partial[i][m]);
          }
        }
      }
    }
  }

  // Adds the bias and writes kRows outputs of the lanes from `column` on.
  template <size_t kRows>
  static void store_outputs(const PanelProduct& product, size_t row, size_t column,
                            const Floats (&totals)[kRows]) {
    if (column >= product.num_columns) return;
    const size_t count = std::min(product.num_columns - column, V::kLanes);
    for (size_t m = 0; m < kRows; ++m) {
      float* out = product.c + (row + m) * product.c_stride + column;
      if (count == V::kLanes) {
        const Floats total =
            product.bias == nullptr ? totals[m] : V::add(totals[m], V::load(product.bias + column));
        V::store(total, out);
        continue;
      }
      float values[V::kLanes];
      V::store(totals[m], values);
      for (size_t i = 0; i < count; ++i) {
        out[i] = product.bias == nullptr ? values[i] : values[i] + product.bias[column + i];
      }
    }
  }

  // As many rows at a time as kRows, then the rest at once.
  template <template <PanelLayout> typename Source, PanelLayout kLayout, size_t kPanels,
            size_t kRows>
  static void run_rows(const PanelProduct& product, const std::byte* panels, size_t panel_bytes,
                       size_t column, size_t row) {
    for (; row + kRows <= product.num_rows; row += kRows) {
      for (size_t lane = 0; lane < kPanelColumns; lane += V::kLanes) {
        auto sources = [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
          return std::array<Source<kLayout>, kPanels>{
              Source<kLayout>(panels + kIndex * panel_bytes, product.num_groups(), lane)...};
        }
        (std::make_index_sequence<kPanels>());
        run_tile<Source<kLayout>, kPanels, kRows>(product, sources, column + lane, row);
      }
    }
    if constexpr (kRows > 1) {
      if (row < product.num_rows) {
        run_rows<Source, kLayout, kPanels, kRows - 1>(product, panels, panel_bytes, column, row);
      }
    }
  }

  template <typename Source, size_t kPanels, size_t kRows>
  static void run_tile(const PanelProduct& product, std::array<Source, kPanels>& sources,
                       size_t column, size_t row) {
    Floats totals[kPanels][kRows];
    tile<Source, kPanels, kRows>(product, reinterpret_cast<Source(&)[kPanels]>(sources), row,
                                 totals);
    for (size_t i = 0; i < kPanels; ++i) {
      store_outputs<kRows>(product, row, column + i * kPanelColumns, totals[i]);
    }
  }

  template <PanelLayout kLayout>
  static void run(const PanelProduct& product) {
    const size_t num_groups = product.num_groups();
    const size_t panel_bytes = kLayout.panel_bytes(product.depth);
    const size_t num_panels = (product.num_columns + kPanelColumns - 1) / kPanelColumns;
    const size_t scratch_bytes = panel_scratch_bytes(product.depth) / 2;
    for (size_t panel = 0; panel < num_panels;) {
      const std::byte* packed = product.panels + panel * panel_bytes;
      const size_t column = panel * kPanelColumns;
      if (product.num_rows <= V::kPackedRows) {
        run_rows<Packed, kLayout, 1, V::kPackedRows>(product, packed, panel_bytes, column, 0);
        ++panel;
        continue;
      }
      const size_t count = std::min(num_panels - panel, V::kTilePanels);
      for (size_t i = 0; i < count; ++i) {
        for (size_t lane = 0; lane < kPanelColumns; lane += V::kLanes) {
          expand<kLayout>(packed + i * panel_bytes, num_groups, lane,
                          product.scratch + i * scratch_bytes);
        }
      }
      if (count == V::kTilePanels) {
        run_rows<Expanded, kLayout, V::kTilePanels, V::kTileRows>(product, product.scratch,
                                                                  scratch_bytes, column, 0);
      } else {
        run_rows<Expanded, kLayout, 1, V::kTileRows>(product, product.scratch, scratch_bytes,
                                                     column, 0);
      }
      panel += count;
    }
  }

  // KernelTable::multiply_panels.
  static void multiply(const PanelProduct& product) {
    switch (product.dtype) {
      case DType::kQ4_0:
        return run<panel_layout(DType::kQ4_0)>(product);
      case DType::kQ4_1:
        return run<panel_layout(DType::kQ4_1)>(product);
      case DType::kQ5_0:
        return run<panel_layout(DType::kQ5_0)>(product);
      case DType::kQ5_1:
        return run<panel_layout(DType::kQ5_1)>(product);
      case DType::kQ8_0:
        return run<panel_layout(DType::kQ8_0)>(product);
      case DType::kQ2_K:
        return run<panel_layout(DType::kQ2_K)>(product);
      case DType::kQ3_K:
        return run<panel_layout(DType::kQ3_K)>(product);
      case DType::kQ4_K:
        return run<panel_layout(DType::kQ4_K)>(product);
      case DType::kQ5_K:
        return run<panel_layout(DType::kQ5_K)>(product);
      case DType::kQ6_K:
        return run<panel_layout(DType::kQ6_K)>(product);
      case DType::kIQ4_NL:
        return run<panel_layout(DType::kIQ4_NL)>(product);
      case DType::kIQ4_XS:
        return run<panel_layout(DType::kIQ4_XS)>(product);
      default:
        GANGLION_ASSERT(false && "multiply_panels of a type that has_panels refuses");
    }
  }

  // KernelTable::quantize_activations.
  static void quantize(const float* x, size_t size, const QuantizedRow& row) {
    for (size_t first = 0; first < size; first += kScaleInputs) {
      const size_t count = std::min(kScaleInputs, size - first);
      float largest = V::largest_magnitude(x + first, count);
      const float scale = largest / 127.0F;
      row.scales[first / kScaleInputs] = scale;
      const float inverse = largest > 0.0F ? 127.0F / largest : 0.0F;
      for (size_t i = first; i < first + count; i += 16) {
        row.minus_sums16[i / 16] = -V::quantize16(x + i, inverse, row.q + i);
      }
      for (size_t i = first / 32; i < (first + count) / 32; ++i) {
        row.minus_sums32[i] = row.minus_sums16[2 * i] + row.minus_sums16[2 * i + 1];
      }
    }
  }
};

}  // namespace ganglion
