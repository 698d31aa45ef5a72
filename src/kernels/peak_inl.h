// The loops of kernels/peak.h, written once for all instruction sets. Included by one file a set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/peak.h"

namespace ganglion {

// Enough independent sums to hide the latency of a multiply-add (4 cycles) on two units.
inline constexpr size_t kPeakSums = 12;

// Step::Vector sums, Step::multiply_add(sum), Step::keep(sum), which makes the compiler believe
// that the sum is used, and Step::kOperations of one multiply_add.
template <typename Step>
uint64_t peak_multiply(uint64_t num_rounds) {
  typename Step::Vector sums[kPeakSums] = {};
  for (uint64_t round = 0; round < num_rounds; ++round) {
    for (auto& sum : sums) {
      sum = Step::multiply_add(sum);
      Step::keep(sum);
    }
  }
  return num_rounds * kPeakSums * Step::kOperations;
}

// Load::Vector, Load::load(bytes), Load::merge(a, b), Load::keep(vector). From four places at a
// time: the machine fetches ahead within a page, so that one stream leaves it idle at every end.
template <typename Load>
void peak_read(const std::byte* bytes, size_t num_bytes) {
  constexpr size_t kStreams = 4;
  constexpr size_t kSize = sizeof(typename Load::Vector);
  constexpr size_t kVectors = 256 / kSize;
  static_assert(kPeakReadStep == kStreams * kVectors * kSize);
  const size_t stream_bytes = num_bytes / kStreams;
  typename Load::Vector sums[kStreams] = {};
  for (size_t at = 0; at < stream_bytes; at += kVectors * kSize) {
    for (size_t stream = 0; stream < kStreams; ++stream) {
      const std::byte* const from = bytes + stream * stream_bytes + at;
      for (size_t i = 0; i < kVectors; ++i) {
        sums[stream] = Load::merge(sums[stream], Load::load(from + i * kSize));
      }
    }
  }
  for (auto& sum : sums) Load::keep(sum);
}

}  // namespace ganglion
