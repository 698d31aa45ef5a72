// Four floats at a time for the searches of quantisation: GCC's and clang's vector types, a
// register on every machine (GCC compiles wider ones badly where there is none). All arithmetic is
// element by element and sums run in one fixed order, so that every machine gives the same bits.
#pragma once

#include <cstring>

namespace ganglion {

inline constexpr int kQuantizeLanes = 4;
using FloatLanes = float __attribute__((vector_size(kQuantizeLanes * sizeof(float))));

[[gnu::always_inline]] inline void load(const float* x, FloatLanes& lanes) {
  std::memcpy(&lanes, x, sizeof(lanes));
}

[[gnu::always_inline]] inline float sum(const FloatLanes& lanes) {
  return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

// To the nearest whole number (ties to even) from `low` to `high`, at most 2^22 from 0. Value is
// float or FloatLanes.
template <typename Value>
[[gnu::always_inline]] inline void round_within(float low, float high, Value& value) {
  constexpr float kNoFraction = 0x3p22F;  // floats of this size have no fraction: adding it rounds
  const Value lows = Value{} + low;
  const Value highs = Value{} + high;
  value = value < lows ? lows : value;
  value = value > highs ? highs : value;
  value = (value + kNoFraction) - kNoFraction;
}

}  // namespace ganglion
