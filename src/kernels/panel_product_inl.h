// Products of weight panels and 8-bit activations, written once for any vector type. Included by
// each instruction set's own source only.
//
// `V` has kLanes rows of a panel (16, 8 or 4) a vector, kTileVectors of which a tile multiplies at
// once, and sums the products of a step (u8 code times s8 activation, four a lane) exactly. Where
// the machine's instruction sums in 16 bits, V has kIsDirect false and its Partial sums are folded
// into 32 bits before they can overflow. From kUnpackedRows rows on (0: never) the codes of a panel
// are unpacked once for all of them.
// Every output is computed in the order that kernels/kernel_table.h states, so all instruction sets
// give the same bits, and so do one row and many.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <type_traits>
#include <utility>

#include "kernels/weight_panels.h"

namespace ganglion {

template <typename V>
struct PanelProducts {
  using Bytes = typename V::Bytes;
  using Ints = typename V::Ints;
  using Floats = typename V::Floats;

  static constexpr size_t kRowsAtOnce = 120;  // whole tiles
  // Vectors of a panel that a tile multiplies at once.
  static constexpr size_t kVectors = V::kTileVectors;
  static constexpr size_t kTileLanes = kVectors * V::kLanes;

  // Where products of codes are summed in 16 bits, those of 8 bits come as two of 4 bits each.
  enum class Digit : uint8_t { kWhole, kLow, kHigh };
  template <PanelLayout kLayout>
  static constexpr size_t kDigits = kLayout.code_bits() == 8 && !V::kIsDirect ? 2 : 1;
  template <PanelLayout kLayout, size_t kIndex>
  static constexpr Digit kDigit = kDigits<kLayout> == 1 ? Digit::kWhole
                                  : kIndex == 0         ? Digit::kLow
                                                        : Digit::kHigh;
  template <PanelLayout kLayout>
  static constexpr size_t kSteps = kGroupLines / kLayout.parts_per_group;
  // Steps of codes times activations of which two fit 16 bits.
  static constexpr size_t chain_steps(int code_bits) {
    const int steps = 32767 / (((1 << code_bits) - 1) * 127 * 2);
    return steps >= 8 ? 8 : steps >= 4 ? 4 : 2;
  }
  // Steps that are summed in 16 bits.
  template <PanelLayout kLayout>
  static constexpr size_t kChain =
      V::kIsDirect
          ? kSteps<kLayout>
          : std::min(kSteps<kLayout>, chain_steps(kDigits<kLayout> == 2 ? 4 : kLayout.code_bits()));
  // Fewer where a part has several chains, and so its products are under way beside them.
  template <PanelLayout kLayout>
  static constexpr size_t kTileRows =
      kSteps<kLayout> == kChain<kLayout> ? V::kTileRows : V::kTileRows / 2;

  // Calls body with the constants 0 to kCount - 1.
  template <size_t kCount, typename Body>
  [[gnu::always_inline]] static void repeat(const Body& body) {
    [&]<size_t... kIndices>(std::index_sequence<kIndices...>) __attribute__((always_inline)) {
      (body(std::integral_constant<size_t, kIndices>()), ...);
    }
    (std::make_index_sequence<kCount>());
  }

  // A panel as it is stored, from the lane `offset` on; units and groups are read one by one, from
  // the first of a unit on.
  // kInOrder: its lines are read one after the other, whatever the compiler would do.
  template <PanelLayout kLayout, bool kInOrder>
  struct StoredPanel {
    // Named, as the compiler calls a function of the layout that takes no constant.
    static constexpr size_t kGroups = kLayout.groups_per_unit;
    static constexpr size_t kUnitBytes = kLayout.unit_bytes();
    static constexpr size_t kScaleBytes = kLayout.scale_bytes();
    static constexpr size_t kCodeBytes = kLayout.code_bytes();
    static constexpr size_t kKinds = kLayout.has_minima ? 2 : 1;

    const std::byte* panel;
    size_t offset;
    const std::byte* unit = nullptr;
    const std::byte* codes = nullptr;
    size_t group_of_unit = 0;
    // Read once a unit: going back to them for every group ends the processor's own reading ahead,
    // and a core got 20 GB/s instead of 29.
    Floats wholes[kKinds][kVectors];
    Bytes lines[kInOrder ? kVectors : 1][kInOrder ? kCodeBytes / kLineBytes : 1];

    StoredPanel(const std::byte* start, size_t lane) : panel(start), offset(lane) {
      for (auto& vectors : wholes) std::fill_n(vectors, kVectors, V::zero());
    }

    [[gnu::always_inline]] void load(size_t group) {
      constexpr size_t kHalves = kPanelColumns * sizeof(uint16_t);
      unit = panel + group / kGroups * kUnitBytes;
      group_of_unit = group % kGroups;
      codes = unit + kScaleBytes + group_of_unit * kCodeBytes + offset * kDepthStep;
      if constexpr (kInOrder) read_lines();
      if (group_of_unit != 0) return;
#pragma GCC unroll 2
      for (size_t kind = 0; kind < kKinds; ++kind) {
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) {
          const size_t lane = offset + v * V::kLanes;
          wholes[kind][v] = V::load_halves(unit + kind * kHalves + lane * sizeof(uint16_t));
        }
      }
    }
    // Asks for what comes kAhead bytes later, into the L2 cache. With one row and vpdpbusd the
    // processor looks far enough ahead by itself; everything else is more instructions than it can
    // hold.
    [[gnu::always_inline]] void prefetch(size_t group) const {
      constexpr size_t kAhead = 6144;
      constexpr size_t kBytes = kUnitBytes / kGroups;  // a group's part of the unit, scales too
      const std::byte* first =
          panel + group / kGroups * kUnitBytes + group % kGroups * kBytes + kAhead;
      for (size_t line = 0; line * kLineBytes < kBytes; ++line) {
        __builtin_prefetch(first + line * kLineBytes, 0, 2);
      }
    }
    [[gnu::always_inline]] Floats scale(size_t part, size_t vector) const {
      return value<0>(part, vector);
    }
    [[gnu::always_inline]] Floats minimum(size_t part, size_t vector) const {
      return value<kKinds - 1>(part, vector);
    }
    template <size_t kKind>
    [[gnu::always_inline]] Floats value(size_t part, size_t vector) const {
      constexpr size_t kHalves = kPanelColumns * sizeof(uint16_t);
      constexpr size_t kParts = kGroups * kLayout.parts_per_group;
      if constexpr (!kLayout.has_factors) return wholes[kKind][vector];
      const size_t index = group_of_unit * kLayout.parts_per_group + part;
      const std::byte* factors = unit + kKinds * kHalves + kKind * kParts * kPanelColumns;
      const size_t lane = offset + vector * V::kLanes;
      return V::multiply(wholes[kKind][vector],
                         V::load_factors(factors + index * kPanelColumns + lane));
    }

    [[gnu::always_inline]] void read_lines() {
#pragma GCC unroll 8
      for (size_t i = 0; i < kCodeBytes / kLineBytes; ++i) {
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) {
          lines[v][i] = V::load_bytes(codes + i * kLineBytes + v * V::kLanes * kDepthStep);
        }
        asm volatile("" : : : "memory");
      }
    }
    [[gnu::always_inline]] Bytes line(size_t i, size_t vector) const {
      if constexpr (kInOrder) return lines[vector][i];
      return V::load_bytes(codes + i * kLineBytes + vector * V::kLanes * kDepthStep);
    }
    // The codes of a step, or a digit of them.
    template <size_t kStep, Digit kDigit>
    [[gnu::always_inline]] Bytes step(size_t vector) const {
      const Bytes whole = whole_step<kStep>(vector);
      if constexpr (kDigit == Digit::kLow) return V::and_mask(whole, 0x0F);
      if constexpr (kDigit == Digit::kHigh) return V::and_mask(moved<4, 0>(whole), 0x0F);
      return whole;
    }
    template <size_t kStep>
    [[gnu::always_inline]] Bytes whole_step(size_t vector) const {
      using enum CodePlanes;
      constexpr CodePlanes kPlanes = kLayout.planes;
      constexpr int kPair = kStep % 4 * 2;
      if constexpr (kPlanes == kBytes) {
        return line(kStep, vector);
      } else if constexpr (kPlanes == kPairs || kPlanes == kPairsAndBits) {
        const Bytes pair = V::and_mask(moved<kPair, 0>(line(kStep / 4, vector)), 3);
        if constexpr (kPlanes == kPairs) return pair;
        return V::or_masked(pair, moved<kStep, 2>(line(2, vector)), 1 << 2);
      } else {
        const Bytes nibble = V::and_mask(moved<kStep / 4 * 4, 0>(line(kStep % 4, vector)), 0x0F);
        if constexpr (kLayout.has_levels) return V::look_up_levels(nibble);
        if constexpr (kPlanes == kNibblesAndBits) {
          return V::or_masked(nibble, moved<kStep, 4>(line(4, vector)), 1 << 4);
        }
        if constexpr (kPlanes == kNibblesAndPairs) {
          return V::or_masked(nibble, moved<kPair, 4>(line(4 + kStep / 4, vector)), 3 << 4);
        }
        return nibble;
      }
    }
  };

  // Some groups of a panel, unpacked once for many rows.
  template <PanelLayout kLayout>
  struct UnpackedGroups {
    static constexpr size_t kGroups = 16;  // stays in the L1 cache, beside the activations
    static constexpr size_t kParts = kLayout.parts_per_group;
    static constexpr size_t kMinima = kLayout.has_minima ? kParts : 0;
    alignas(kLineBytes) std::byte codes[kGroups][kDigits<kLayout>][kGroupLines][kLineBytes];
    alignas(kLineBytes) float scales[kGroups][kParts + kMinima][kPanelColumns];
    size_t first = 0;
    size_t current = 0;

    void unpack(const std::byte* panel, size_t first_group, size_t end) {
      first = first_group;
      for (size_t lane = 0; lane < kPanelColumns; lane += kTileLanes) {
        StoredPanel<kLayout, false> stored(panel, lane);
        for (size_t group = first; group < end; ++group) {
          stored.prefetch(group);
          stored.load(group);
          for (size_t v = 0; v < kVectors; ++v) unpack_vector(stored, group - first, lane, v);
        }
      }
    }
    [[gnu::always_inline]] void unpack_vector(const StoredPanel<kLayout, false>& stored,
                                              size_t group, size_t lane, size_t v) {
      const size_t column = lane + v * V::kLanes;
      repeat<kGroupLines>([&](auto k) __attribute__((always_inline)) {
        constexpr size_t kStep = decltype(k)::value;
        repeat<kDigits<kLayout>>([&](auto d) __attribute__((always_inline)) {
          const Bytes step = stored.template step<kStep, kDigit<kLayout, d>>(v);
          V::store_bytes(step, codes[group][d][k] + column * kDepthStep);
        });
      });
      for (size_t part = 0; part < kParts; ++part) {
        V::store(stored.scale(part, v), scales[group][part] + column);
        if constexpr (kLayout.has_minima) {
          V::store(stored.minimum(part, v), scales[group][kParts + part] + column);
        }
      }
    }

    void prefetch(size_t /*group*/) const {}
    [[gnu::always_inline]] void load(size_t group) { current = group - first; }
    [[gnu::always_inline]] Floats scale(size_t part, size_t vector) const {
      return V::load(scales[current][part] + vector * V::kLanes);
    }
    [[gnu::always_inline]] Floats minimum(size_t part, size_t vector) const {
      return V::load(scales[current][kParts + part] + vector * V::kLanes);
    }
    template <size_t kStep, Digit kDigit>
    [[gnu::always_inline]] Bytes step(size_t vector) const {
      constexpr size_t kPlane = kDigit == Digit::kHigh ? 1 : 0;
      return V::load_bytes(codes[current][kPlane][kStep] + vector * V::kLanes * kDepthStep);
    }
  };

  // Bits kFrom up of every byte, moved to kTo; other bits come along.
  template <int kFrom, int kTo>
  [[gnu::always_inline]] static Bytes moved(Bytes x) {
    if constexpr (kFrom > kTo) return V::template shift_right<kFrom - kTo>(x);
    if constexpr (kFrom < kTo) return V::template shift_left<kTo - kFrom>(x);
    return x;
  }

  // Adds the products of kRows rows of activations from `row` on with groups [first, end) of a
  // panel to `totals`.
  template <PanelLayout kLayout, size_t kRows, typename Panel>
  [[gnu::always_inline]] static void tile(const PanelProduct& product, Panel& panel, size_t row,
                                          size_t first, size_t end,
                                          Floats (&totals)[kVectors][kRows]) {
    constexpr size_t kShared = kLayout.scaled_groups();
    const size_t num_groups = product.num_groups();
    for (size_t group = first; group < end; group += kShared) {
      Floats sums[kVectors][kRows];
#pragma GCC unroll 2
      for (size_t i = 0; i < kShared; ++i) {
        if constexpr (kRows > 1 || !V::kIsDirect) panel.prefetch(group + i);
        panel.load(group + i);
        add_part<kLayout, kRows, 0>(product, panel, row, group + i, i == 0, sums, totals);
        if constexpr (kLayout.parts_per_group == 2) {
          add_part<kLayout, kRows, 1>(product, panel, row, group + i, false, sums, totals);
        }
      }
#pragma GCC unroll 16
      for (size_t m = 0; m < kRows; ++m) {
        const Floats scale =
            V::broadcast(product.a.scales[entry_at<kRows>(row, m, group, num_groups)]);
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) {
          totals[v][m] = V::multiply_add(sums[v][m], scale, totals[v][m]);
        }
      }
    }
  }

  // Adds the products of one part of a group, times its scale, to `sums`, and its minimum to
  // `totals`.
  template <PanelLayout kLayout, size_t kRows, size_t kPart, typename Panel>
  [[gnu::always_inline]] static void add_part(const PanelProduct& product, const Panel& panel,
                                              size_t row, size_t group, bool is_first,
                                              Floats (&sums)[kVectors][kRows],
                                              Floats (&totals)[kVectors][kRows]) {
    constexpr size_t kParts = kLayout.parts_per_group;
    const size_t num_parts = product.num_groups() * kParts;
    const size_t part = group * kParts + kPart;
    Ints products[kVectors][kRows];
    multiply_part<kLayout, kRows, kPart>(product, panel, row, group, products);
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) {
      const Floats scale = panel.scale(kPart, v);
#pragma GCC unroll 16
      for (size_t m = 0; m < kRows; ++m) {
        const Floats whole = V::to_float(products[v][m]);
        sums[v][m] =
            is_first ? V::multiply(whole, scale) : V::multiply_add(whole, scale, sums[v][m]);
      }
    }
    if constexpr (kLayout.has_minima) {
      const float* minus_sums =
          kParts == 2 ? product.a.scaled_minus_sums16 : product.a.scaled_minus_sums32;
#pragma GCC unroll 16
      for (size_t m = 0; m < kRows; ++m) {
        const Floats minus_sum = V::broadcast(minus_sums[entry_at<kRows>(row, m, part, num_parts)]);
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) {
          totals[v][m] = V::multiply_add(panel.minimum(kPart, v), minus_sum, totals[v][m]);
        }
      }
    }
  }

  // Where an entry of row + m stands, of `num_entries` a row, in the tiles of QuantizedRows: whole
  // ones, and the rest of the rows at the end.
  template <size_t kRows>
  [[gnu::always_inline]] static size_t entry_at(size_t row, size_t m, size_t entry,
                                                size_t num_entries) {
    const size_t first = m / V::kSideBySide * V::kSideBySide;
    const size_t count = std::min(V::kSideBySide, kRows - first);
    return (row + first) * num_entries + entry * count + m - first;
  }

  // Four activations of a group, as they meet a step of codes.
  template <size_t kRows>
  [[gnu::always_inline]] static Bytes activations(const PanelProduct& product, size_t row, size_t m,
                                                  size_t group, size_t step) {
    constexpr size_t kGroupSteps = kGroupInputs / kDepthStep;
    const size_t entry =
        entry_at<kRows>(row, m, group * kGroupSteps + step, product.depth / kDepthStep);
    return V::broadcast_step(product.a.q + entry * kDepthStep);
  }

  // sum of q * (code - zero point).
  template <PanelLayout kLayout, size_t kRows, size_t kPart, typename Panel>
  [[gnu::always_inline]] static void multiply_part(const PanelProduct& product, const Panel& panel,
                                                   size_t row, size_t group,
                                                   Ints (&products)[kVectors][kRows]) {
    // V may take codes of 8 bits as signed ones, less 128: the zero point of all of them.
    constexpr bool kIsSigned = kLayout.code_bits() == 8 && V::kTakesSignedCodes;
    constexpr size_t kParts = kLayout.parts_per_group;
    const int32_t* minus_sums = kParts == 2 ? product.a.minus_sums16 : product.a.minus_sums32;
    const size_t num_parts = product.num_groups() * kParts;
#pragma GCC unroll 16
    for (size_t m = 0; m < kRows; ++m) {
      Ints begin = V::zero_ints();
      if constexpr (kLayout.zero_point_bits > 0 && !kIsSigned) {
        begin = V::template scale_int<kLayout.zero_point_bits>(V::broadcast_int(
            minus_sums[entry_at<kRows>(row, m, group * kParts + kPart, num_parts)]));
      }
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v) products[v][m] = begin;
    }
    if constexpr (V::kIsDirect) {
      add_steps<kLayout, kRows, kPart, kIsSigned>(product, panel, row, group, products);
    } else {
      repeat<kDigits<kLayout>>([&](auto d) __attribute__((always_inline)) {
        add_chains<kLayout, kRows, kPart, kDigit<kLayout, d>>(product, panel, row, group, products);
        // Activations are loaded again for the second digit: the stack would be slower.
        std::atomic_signal_fence(std::memory_order_seq_cst);
      });
    }
  }

  template <PanelLayout kLayout, size_t kRows, size_t kPart, bool kIsSigned, typename Panel>
  [[gnu::always_inline]] static void add_steps(const PanelProduct& product, const Panel& panel,
                                               size_t row, size_t group,
                                               Ints (&products)[kVectors][kRows]) {
    repeat<kSteps<kLayout>>([&](auto i) __attribute__((always_inline)) {
      constexpr size_t k = kPart * kSteps<kLayout> + decltype(i)::value;
      Bytes codes[kVectors];
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v) {
        codes[v] = panel.template step<k, Digit::kWhole>(v);
        if constexpr (kIsSigned) codes[v] = V::flip_signs(codes[v]);
      }
#pragma GCC unroll 16
      for (size_t m = 0; m < kRows; ++m) {
        const Bytes step = activations<kRows>(product, row, m, group, k);
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) {
          products[v][m] = V::add_products(products[v][m], codes[v], step);
        }
      }
    });
  }

  // The same by sums of 16 bits, over as many steps as cannot overflow.
  template <PanelLayout kLayout, size_t kRows, size_t kPart, Digit kDigit, typename Panel>
  [[gnu::always_inline]] static void add_chains(const PanelProduct& product, const Panel& panel,
                                                size_t row, size_t group,
                                                Ints (&products)[kVectors][kRows]) {
    constexpr int kUnit = kDigit == Digit::kHigh ? 16 : 1;  // of what a digit counts
    typename V::Partial partial[kVectors][kRows];
    repeat<kSteps<kLayout>>([&](auto i) __attribute__((always_inline)) {
      constexpr size_t kIndex = decltype(i)::value;
      // Steps whose nibbles lie in the same bytes follow each other.
      constexpr size_t k =
          kSteps<kLayout> == 8 ? kIndex % 2 * 4 + kIndex / 2 : kPart * kSteps<kLayout> + kIndex;
      Bytes codes[kVectors];
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v) codes[v] = panel.template step<k, kDigit>(v);
#pragma GCC unroll 8
      for (size_t m = 0; m < kRows; ++m) {
        const Bytes step = activations<kRows>(product, row, m, group, k);
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) {
          const auto pairs = V::multiply_pairs(codes[v], step);
          partial[v][m] =
              kIndex % kChain<kLayout> == 0 ? pairs : V::add_partial(partial[v][m], pairs);
        }
      }
      if constexpr ((kIndex + 1) % kChain<kLayout> == 0) {
#pragma GCC unroll 8
        for (size_t m = 0; m < kRows; ++m) {
#pragma GCC unroll 4
          for (size_t v = 0; v < kVectors; ++v) {
            products[v][m] = V::template fold<kUnit>(products[v][m], partial[v][m]);
          }
        }
      }
    });
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

  template <size_t kRows>
  [[gnu::always_inline]] static void begin_totals(Floats (&totals)[kVectors][kRows]) {
#pragma GCC unroll 16
    for (size_t m = 0; m < kRows; ++m) {
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v) totals[v][m] = V::zero();
    }
  }

  template <size_t kRows>
  [[gnu::always_inline]] static void store_totals(const PanelProduct& product, size_t row,
                                                  size_t column,
                                                  const Floats (&totals)[kVectors][kRows]) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) {
      store_outputs<kRows>(product, row, column + v * V::kLanes, totals[v]);
    }
  }

  // Rows [row, end): as many at a time as kRows, then the rest at once.
  template <PanelLayout kLayout, size_t kRows>
  static void run_rows(const PanelProduct& product, const std::byte* panel, size_t column,
                       size_t row, size_t end) {
    // In order, the processor reads ahead: touching a later line first costs one row a third of the
    // bandwidth. With more rows the registers are worth more.
    constexpr bool kInOrder = V::kIsDirect && kRows == 1;
    for (; row + kRows <= end; row += kRows) {
      for (size_t lane = 0; lane < kPanelColumns; lane += kTileLanes) {
        StoredPanel<kLayout, kInOrder> lanes(panel, lane);
        Floats totals[kVectors][kRows];
        begin_totals(totals);
        tile<kLayout, kRows>(product, lanes, row, 0, product.num_groups(), totals);
        store_totals(product, row, column + lane, totals);
      }
    }
    if constexpr (kRows > 1) {
      if (row < end) run_rows<kLayout, kRows - 1>(product, panel, column, row, end);
    }
  }

  // The same with codes that are unpacked once for all rows. Totals wait in memory while groups
  // pass by.
  template <PanelLayout kLayout>
  static void run_unpacked(const PanelProduct& product, const std::byte* panel, size_t column,
                           size_t row, size_t end) {
    static_assert(kTileLanes == kPanelColumns);
    using Unpacked = UnpackedGroups<kLayout>;
    const size_t num_groups = product.num_groups();
    Unpacked unpacked;
    alignas(kLineBytes) float totals[kRowsAtOnce][kPanelColumns];
    std::fill_n(totals[0], (end - row) * kPanelColumns, 0.0F);
    for (size_t group = 0; group < num_groups; group += Unpacked::kGroups) {
      const size_t end_group = std::min(group + Unpacked::kGroups, num_groups);
      unpacked.unpack(panel, group, end_group);
      add_rows<kLayout, kTileRows<kLayout>>(product, unpacked, row, end, group, end_group, totals);
    }
    for (size_t m = row; m < end; ++m) {
      for (size_t v = 0; v < kVectors; ++v) {
        const Floats total[1] = {V::load(totals[m - row] + v * V::kLanes)};
        store_outputs<1>(product, m, column + v * V::kLanes, total);
      }
    }
  }

  template <PanelLayout kLayout, size_t kRows>
  static void add_rows(const PanelProduct& product, UnpackedGroups<kLayout>& unpacked, size_t row,
                       size_t end, size_t first_group, size_t end_group,
                       float (*rows)[kPanelColumns]) {
    for (; row + kRows <= end; row += kRows, rows += kRows) {
      Floats totals[kVectors][kRows];
#pragma GCC unroll 16
      for (size_t m = 0; m < kRows; ++m) {
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) totals[v][m] = V::load(rows[m] + v * V::kLanes);
      }
      tile<kLayout, kRows>(product, unpacked, row, first_group, end_group, totals);
#pragma GCC unroll 16
      for (size_t m = 0; m < kRows; ++m) {
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) V::store(totals[v][m], rows[m] + v * V::kLanes);
      }
    }
    if constexpr (kRows > 1) {
      if (row < end) {
        add_rows<kLayout, kRows - 1>(product, unpacked, row, end, first_group, end_group, rows);
      }
    }
  }

  template <PanelLayout kLayout>
  static void run(const PanelProduct& product) {
    for_each_piece(product, kLayout.panel_bytes(product.depth),
                   [&](const std::byte* panel, size_t column, size_t row, size_t end) {
                     if constexpr (V::kUnpackedRows > 0) {
                       if (end - row >= V::kUnpackedRows) {
                         return run_unpacked<kLayout>(product, panel, column, row, end);
                       }
                     }
                     run_rows<kLayout, kTileRows<kLayout>>(product, panel, column, row, end);
                   });
  }

  // Calls body(panel, column, row, end) for every panel and rows [row, end) that stay in the L2
  // cache while all panels pass by.
  template <typename Body>
  static void for_each_piece(const PanelProduct& product, size_t panel_bytes, const Body& body) {
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
      for (size_t lane = 0; lane < kPanelColumns; lane += kTileLanes) {
        Floats totals[kVectors][kRows];
        begin_totals(totals);
        const uint16_t* a = product.a_bf16 + row * depth;
        for (size_t k = 0; k < depth; k += 2) {
          const std::byte* line = panel + k / 2 * kLineBytes + lane * kDepthStep;
          Bytes weights[kVectors];
#pragma GCC unroll 4
          for (size_t v = 0; v < kVectors; ++v) {
            weights[v] = V::load_bytes(line + v * V::kLanes * kDepthStep);
          }
#pragma GCC unroll 16
          for (size_t m = 0; m < kRows; ++m) {
#pragma GCC unroll 4
            for (size_t v = 0; v < kVectors; ++v) {
              totals[v][m] =
                  V::template add_pair<kHasDot>(totals[v][m], weights[v], a + m * depth + k);
            }
          }
        }
        store_totals(product, row, column + lane, totals);
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
};

}  // namespace ganglion
