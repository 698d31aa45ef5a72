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
#include <limits>

#include "kernels/weight_panels.h"
#include "tensor/half.h"

namespace ganglion {

// The steps of quantisation of a V that has but largest_magnitude() of a group and quantize16().
template <typename V>
struct QuantizationByGroups {
  // The largest magnitude of every group.
  static void largest_of_groups(const float* x, size_t num_groups, float* largest) {
    for (size_t i = 0; i < num_groups; ++i) {
      largest[i] = V::largest_magnitude(x + i * kGroupInputs);
    }
  }
  // A group's values to q.
  static void quantize_group(const float* x, float inverse, int8_t* q) {
    V::quantize16(x, inverse, q);
    V::quantize16(x + 16, inverse, q + 16);
  }
  // Sums of sixteen.
  static void sum16(const int8_t* q, size_t size, int32_t* sums) {
    for (size_t part = 0; part < size / 16; ++part) {
      int32_t sum = 0;
      for (size_t i = part * 16; i < part * 16 + 16; ++i) sum += q[i];
      sums[part] = sum;
    }
  }
};

template <typename V>
struct PanelProducts {
  using Bytes = typename V::Bytes;
  using Ints = typename V::Ints;
  using Floats = typename V::Floats;

  // A panel as it is stored, from the lane `offset` on; units and groups are read one by one.
  template <PanelLayout kLayout>
  struct Panel {
    // Named, as the compiler calls a function of the layout that takes no constant.
    static constexpr size_t kGroups = kLayout.groups_per_unit;
    static constexpr size_t kUnitBytes = kLayout.unit_bytes();
    static constexpr size_t kScaleBytes = kLayout.scale_bytes();
    static constexpr size_t kCodeBytes = kLayout.code_bytes();

    const std::byte* panel;
    size_t offset;
    Bytes steps[kGroupLines];
    const std::byte* unit = nullptr;
    size_t group_of_unit = 0;
    // Scale and minimum of a super-block, read once a unit: going back to them for every group ends
    // the processor's own reading ahead, and a core got 20 GB/s instead of 29. An array, so that
    // GCC leaves them in memory: eight rows need all registers.
    Floats wholes[2] = {};

    Panel(const std::byte* start, size_t lane) : panel(start), offset(lane) {}

    // kInOrder: the lines are read one after the other, whatever the compiler would do. Touching a
    // later one first costs one row a third of the bandwidth, and eight rows of Q6_K an eighth of
    // their speed; with eight rows of other types the registers are worth more.
    template <bool kInOrder>
    [[gnu::always_inline]] void load(size_t group) {
      unit = panel + group / kGroups * kUnitBytes;
      group_of_unit = group % kGroups;
      if constexpr (kLayout.has_factors) {
        if (group_of_unit == 0) {
          wholes[0] = halves(0);
          if constexpr (kLayout.has_minima) wholes[1] = halves(1);
        }
      }
      const std::byte* codes =
          unit + kScaleBytes + group_of_unit * kCodeBytes + offset * kDepthStep;
      if constexpr (kInOrder) {
        Bytes lines[kCodeBytes / kLineBytes];
#pragma GCC unroll 8
        for (size_t i = 0; i < kCodeBytes / kLineBytes; ++i) {
          lines[i] = V::load_bytes(codes + i * kLineBytes);
          asm volatile("" : : : "memory");
        }
        unpack<kLayout>([&](size_t i) { return lines[i]; }, steps);
      } else {
        unpack<kLayout>([&](size_t i) { return V::load_bytes(codes + i * kLineBytes); }, steps);
      }
    }
    // Asks for what comes kAhead bytes later, into the L2 cache. With one row the processor looks
    // far enough ahead by itself; several rows are more instructions than it can hold.
    [[gnu::always_inline]] void prefetch(size_t group) const {
      constexpr size_t kAhead = 6144;
      constexpr size_t kBytes = kUnitBytes / kGroups;  // a group's part of the unit, scales too
      const std::byte* first =
          panel + group / kGroups * kUnitBytes + group % kGroups * kBytes + kAhead;
      for (size_t line = 0; line * kLineBytes < kBytes; ++line) {
        __builtin_prefetch(first + line * kLineBytes, 0, 2);
      }
    }
    [[gnu::always_inline]] Floats scale(size_t part) const {
      if constexpr (!kLayout.has_factors) return halves(0);
      return V::multiply(wholes[0], factor(part, 0));
    }
    [[gnu::always_inline]] Floats minimum(size_t part) const {
      if constexpr (!kLayout.has_factors) return halves(1);
      return V::multiply(wholes[1], factor(part, 1));
    }

    // Kind 0 is the scale, 1 the minimum.
    [[gnu::always_inline]] Floats halves(size_t kind) const {
      return V::load_halves(unit + (kind * kPanelColumns + offset) * sizeof(uint16_t));
    }
    [[gnu::always_inline]] Floats factor(size_t part, size_t kind) const {
      constexpr size_t kKinds = kLayout.has_minima ? 2 : 1;
      constexpr size_t kParts = kGroups * kLayout.parts_per_group;
      const std::byte* factors = unit + kPanelColumns * (kKinds * sizeof(uint16_t) + kind * kParts);
      const size_t index = group_of_unit * kLayout.parts_per_group + part;
      return V::load_factors(factors + index * kPanelColumns + offset);
    }
  };

  // The eight steps of a group, of which line(i) gives the lines.
  template <PanelLayout kLayout, typename Line>
  [[gnu::always_inline]] static void unpack(const Line& line, Bytes (&steps)[kGroupLines]) {
    constexpr CodePlanes kPlanes = kLayout.planes;
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

  // Bits kFrom up of every byte, moved to kTo; other bits come along.
  template <int kFrom, int kTo>
  [[gnu::always_inline]] static Bytes moved(Bytes x) {
    if constexpr (kFrom > kTo) return V::template shift_right<kFrom - kTo>(x);
    if constexpr (kFrom < kTo) return V::template shift_left<kTo - kFrom>(x);
    return x;
  }

  template <size_t kFirst>
  [[gnu::always_inline]] static void unpack_pairs(Bytes pairs, Bytes (&steps)[kGroupLines]) {
    steps[kFirst] = V::and_mask(moved<0, 0>(pairs), 3);
    steps[kFirst + 1] = V::and_mask(moved<2, 0>(pairs), 3);
    steps[kFirst + 2] = V::and_mask(moved<4, 0>(pairs), 3);
    steps[kFirst + 3] = V::and_mask(moved<6, 0>(pairs), 3);
  }

  template <size_t kFirst>
  [[gnu::always_inline]] static void add_pairs(Bytes pairs, Bytes (&steps)[kGroupLines]) {
    steps[kFirst] = V::or_masked(steps[kFirst], moved<0, 4>(pairs), 0x30);
    steps[kFirst + 1] = V::or_masked(steps[kFirst + 1], moved<2, 4>(pairs), 0x30);
    steps[kFirst + 2] = V::or_masked(steps[kFirst + 2], moved<4, 4>(pairs), 0x30);
    steps[kFirst + 3] = V::or_masked(steps[kFirst + 3], moved<6, 4>(pairs), 0x30);
  }

  template <int kTo>
  [[gnu::always_inline]] static void add_bits(Bytes bits, Bytes (&steps)[kGroupLines]) {
    constexpr int kMask = 1 << kTo;
    steps[0] = V::or_masked(steps[0], moved<0, kTo>(bits), kMask);
    steps[1] = V::or_masked(steps[1], moved<1, kTo>(bits), kMask);
    steps[2] = V::or_masked(steps[2], moved<2, kTo>(bits), kMask);
    steps[3] = V::or_masked(steps[3], moved<3, kTo>(bits), kMask);
    steps[4] = V::or_masked(steps[4], moved<4, kTo>(bits), kMask);
    steps[5] = V::or_masked(steps[5], moved<5, kTo>(bits), kMask);
    steps[6] = V::or_masked(steps[6], moved<6, kTo>(bits), kMask);
    steps[7] = V::or_masked(steps[7], moved<7, kTo>(bits), kMask);
  }

  // kRows rows of activations from `row` on times a panel.
  template <PanelLayout kLayout, size_t kRows>
  static void tile(const PanelProduct& product, Panel<kLayout>& panel, size_t row,
                   Floats (&totals)[kRows]) {
#pragma GCC unroll 16
    for (size_t m = 0; m < kRows; ++m) totals[m] = V::zero();
    constexpr size_t kShared = kLayout.scaled_groups();
    const size_t num_groups = product.num_groups();
    for (size_t group = 0; group < num_groups; group += kShared) {
      Floats sums[kRows];
#pragma GCC unroll 2
      for (size_t i = 0; i < kShared; ++i) {
        if constexpr (kRows > 1) panel.prefetch(group + i);
        panel.template load<kRows == 1 || kLayout.planes == CodePlanes::kNibblesAndPairs>(group +
                                                                                          i);
        add_part<kLayout, kRows, 0>(product, panel, row, group + i, i == 0, sums, totals);
        if constexpr (kLayout.parts_per_group == 2) {
          add_part<kLayout, kRows, 1>(product, panel, row, group + i, false, sums, totals);
        }
      }
#pragma GCC unroll 16
      for (size_t m = 0; m < kRows; ++m) {
        const Floats scale = V::broadcast(product.a.scales[(row + m) * num_groups + group]);
        totals[m] = V::multiply_add(sums[m], scale, totals[m]);
      }
    }
  }

  // Adds the products of one part of a group, times its scale, to `sums`, and its minimum to
  // `totals`.
  template <PanelLayout kLayout, size_t kRows, size_t kPart>
  [[gnu::always_inline]] static void add_part(const PanelProduct& product,
                                              const Panel<kLayout>& panel, size_t row, size_t group,
                                              bool is_first, Floats (&sums)[kRows],
                                              Floats (&totals)[kRows]) {
    constexpr size_t kParts = kLayout.parts_per_group;
    const size_t num_parts = product.num_groups() * kParts;
    const size_t first_part = row * num_parts + group * kParts + kPart;
    Ints products[kRows];
    multiply_part<kLayout, kRows, kPart>(
        panel, product.a.q + row * product.depth + group * kGroupInputs, product.depth,
        (kParts == 2 ? product.a.minus_sums16 : product.a.minus_sums32) + first_part, num_parts,
        products);
    const Floats scale = panel.scale(kPart);
#pragma GCC unroll 16
    for (size_t m = 0; m < kRows; ++m) {
      const Floats whole = V::to_float(products[m]);
      sums[m] = is_first ? V::multiply(whole, scale) : V::multiply_add(whole, scale, sums[m]);
    }
    if constexpr (kLayout.has_minima) {
      const float* minus_sums =
          (kParts == 2 ? product.a.scaled_minus_sums16 : product.a.scaled_minus_sums32) +
          first_part;
      const Floats minimum = panel.minimum(kPart);
#pragma GCC unroll 16
      for (size_t m = 0; m < kRows; ++m) {
        totals[m] = V::multiply_add(minimum, V::broadcast(minus_sums[m * num_parts]), totals[m]);
      }
    }
  }

  // sum of q * (code - zero point).
  template <PanelLayout kLayout, size_t kRows, size_t kPart>
  [[gnu::always_inline]] static void multiply_part(const Panel<kLayout>& panel, const int8_t* a,
                                                   size_t a_stride, const int32_t* minus_sums,
                                                   size_t num_parts, Ints (&products)[kRows]) {
    constexpr size_t kSteps = kGroupLines / kLayout.parts_per_group;
    constexpr size_t kFirst = kPart * kSteps;
    // V may take codes of 8 bits as signed ones, less 128: the zero point of all of them.
    constexpr bool kIsSigned = kLayout.code_bits() == 8 && !V::kTakesWideCodes;
#pragma GCC unroll 16
    for (size_t m = 0; m < kRows; ++m) {
      products[m] = V::zero_ints();
      if constexpr (kLayout.zero_point_bits > 0 && !kIsSigned) {
        products[m] = V::template scale_int<kLayout.zero_point_bits>(
            V::broadcast_int(minus_sums[m * num_parts]));
      }
    }
    const auto codes_of = [&](size_t k) {
      return kIsSigned ? V::flip_signs(panel.steps[k]) : panel.steps[k];
    };
    if constexpr (V::kIsDirect) {
#pragma GCC unroll 8
      for (size_t k = kFirst; k < kFirst + kSteps; ++k) {
        const Bytes codes = codes_of(k);
#pragma GCC unroll 16
        for (size_t m = 0; m < kRows; ++m) {
          const Bytes step = V::broadcast_step(a + m * a_stride + k * kDepthStep);
          products[m] = V::add_products(products[m], codes, step);
        }
      }
    } else {
      constexpr size_t kChain =
          std::min(kSteps, V::template chain_steps < kIsSigned ? 8 : kLayout.code_bits() > ());
#pragma GCC unroll 8
      for (size_t first = kFirst; first < kFirst + kSteps; first += kChain) {
        typename V::Partial partial[kRows];
#pragma GCC unroll 8
        for (size_t k = first; k < first + kChain; ++k) {
          const Bytes codes = codes_of(k);
#pragma GCC unroll 8
          for (size_t m = 0; m < kRows; ++m) {
            const Bytes step = V::broadcast_step(a + m * a_stride + k * kDepthStep);
            const auto pairs = V::template multiply_pairs<kIsSigned>(codes, step);
            partial[m] = k == first ? pairs : V::add_partial(partial[m], pairs);
          }
        }
#pragma GCC unroll 8
        for (size_t m = 0; m < kRows; ++m) products[m] = V::fold(products[m], partial[m]);
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

  // Rows [row, end): as many at a time as kRows, then the rest at once.
  template <PanelLayout kLayout, size_t kRows>
  static void run_rows(const PanelProduct& product, const std::byte* panel, size_t column,
                       size_t row, size_t end) {
    for (; row + kRows <= end; row += kRows) {
      for (size_t lane = 0; lane < kPanelColumns; lane += V::kLanes) {
        Panel<kLayout> lanes(panel, lane);
        Floats totals[kRows];
        tile<kLayout, kRows>(product, lanes, row, totals);
        store_outputs<kRows>(product, row, column + lane, totals);
      }
    }
    if constexpr (kRows > 1) {
      if (row < end) run_rows<kLayout, kRows - 1>(product, panel, column, row, end);
    }
  }

  template <PanelLayout kLayout>
  static void run(const PanelProduct& product) {
    for_each_piece(product, kLayout.panel_bytes(product.depth),
                   [&](const std::byte* panel, size_t column, size_t row, size_t end) {
                     run_rows<kLayout, V::kTileRows>(product, panel, column, row, end);
                   });
  }

  // Calls body(panel, column, row, end) for every panel and rows [row, end) that stay in the L2
  // cache while all panels pass by.
  template <typename Body>
  static void for_each_piece(const PanelProduct& product, size_t panel_bytes, const Body& body) {
    constexpr size_t kRowsAtOnce = 112;  // whole tiles
    static_assert(kRowsAtOnce % V::kTileRows == 0 && kRowsAtOnce % V::kFloatTileRows == 0);
    for (size_t row = 0; row < product.num_rows; row += kRowsAtOnce) {
      const size_t end = std::min(row + kRowsAtOnce, product.num_rows);
      const std::byte* panel = product.panels;
      for (size_t column = 0; column < product.num_columns; column += kPanelColumns) {
        body(panel, column, row, end);
        panel += panel_bytes;
      }
    }
  }

  // Rows and outputs as in run_rows(), of bfloats. kHasDot: by the machine's own instruction.
  template <bool kHasDot, size_t kRows>
  static void run_float_rows(const PanelProduct& product, const std::byte* panel, size_t column,
                             size_t row, size_t end) {
    const size_t depth = product.depth;
    for (; row + kRows <= end; row += kRows) {
      for (size_t lane = 0; lane < kPanelColumns; lane += V::kLanes) {
        Floats totals[kRows];
#pragma GCC unroll 16
        for (size_t m = 0; m < kRows; ++m) totals[m] = V::zero();
        const uint16_t* a = product.a_bf16 + row * depth;
        for (size_t k = 0; k < depth; k += 2) {
          const Bytes weights = V::load_bytes(panel + k / 2 * kLineBytes + lane * kDepthStep);
#pragma GCC unroll 16
          for (size_t m = 0; m < kRows; ++m) {
            totals[m] = V::template add_pair<kHasDot>(totals[m], weights, a + m * depth + k);
          }
        }
        store_outputs<kRows>(product, row, column + lane, totals);
      }
    }
    if constexpr (kRows > 1) {
      if (row < end) run_float_rows<kHasDot, kRows - 1>(product, panel, column, row, end);
    }
  }

  template <bool kHasDot>
  static void run_floats(const PanelProduct& product) {
    for_each_piece(product, panel_layout(DType::kBF16).panel_bytes(product.depth),
                   [&](const std::byte* panel, size_t column, size_t row, size_t end) {
                     run_float_rows<kHasDot, V::kFloatTileRows>(product, panel, column, row, end);
                   });
  }

  // KernelTable::multiply_panels.
  static void multiply(const PanelProduct& product) {
    switch (product.dtype) {
      case DType::kF16:
      case DType::kBF16:
        return V::has_dot() ? run_floats<true>(product) : run_floats<false>(product);
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
  static void quantize(const float* x, size_t size, size_t scaled_groups, const QuantizedRow& row) {
    const size_t num_groups = size / kGroupInputs;
    V::largest_of_groups(x, num_groups, row.scales);
    for (size_t group = 0; scaled_groups == 2 && group < num_groups; group += 2) {
      row.scales[group] = std::max(row.scales[group], row.scales[group + 1]);
      row.scales[group + 1] = row.scales[group];
    }
    for (size_t group = 0; group < num_groups; ++group) {
      const float largest = row.scales[group];
      row.scaled_minus_sums32[group] = largest > 0.0F ? 127.0F / largest : 0.0F;
      row.scales[group] = largest / 127.0F;
    }
    for (size_t group = 0; group < num_groups; ++group) {
      V::quantize_group(x + group * kGroupInputs, row.scaled_minus_sums32[group],
                        row.q + group * kGroupInputs);
    }
    mark_lost_groups(size, scaled_groups, row);
    V::sum16(row.q, size, row.minus_sums16);
    for (size_t part = 0; part < size / 16; ++part) {
      row.minus_sums16[part] = -row.minus_sums16[part];
      row.scaled_minus_sums16[part] =
          static_cast<float>(row.minus_sums16[part]) * row.scales[part / 2];
    }
    for (size_t group = 0; group < num_groups; ++group) {
      row.minus_sums32[group] = row.minus_sums16[2 * group] + row.minus_sums16[2 * group + 1];
      row.scaled_minus_sums32[group] =
          static_cast<float>(row.minus_sums32[group]) * row.scales[group];
    }
  }

  // Whatever is not finite became -128, which nothing else does.
  static void mark_lost_groups(size_t size, size_t scaled_groups, const QuantizedRow& row) {
    int8_t is_lost = 0;
    for (size_t i = 0; i < size; ++i) is_lost |= static_cast<int8_t>(row.q[i] == -128);
    for (size_t i = 0; is_lost != 0 && i < size; ++i) {
      if (row.q[i] != -128) continue;
      const size_t first = i / kGroupInputs / scaled_groups * scaled_groups;
      std::fill_n(row.scales + first, scaled_groups, std::numeric_limits<float>::quiet_NaN());
    }
  }

  // KernelTable::round_to_bf16.
  static void round_to_bf16(const float* x, size_t size, uint16_t* out) {
    for (size_t i = 0; i < size; ++i) out[i] = bf16_from_f32(x[i]);
  }
};

}  // namespace ganglion
