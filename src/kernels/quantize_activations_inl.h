// Activations to 8 bits and to bfloat16, written once for any vector type. Included by each
// instruction set's own source only.
#pragma once

#include <algorithm>
#include <limits>

#include "kernels/kernel_table.h"
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
struct ActivationQuantization {
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
