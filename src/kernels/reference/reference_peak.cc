#include <cstring>

#include "kernels/peak_inl.h"

namespace ganglion {
namespace {

struct Load {
  using Vector = uint64_t;
  static Vector load(const std::byte* bytes) {
    uint64_t value = 0;
    std::memcpy(&value, bytes, sizeof(value));
    return value;
  }
  static Vector merge(Vector a, Vector b) { return a | b; }
  static void keep(Vector& sum) { asm volatile("" : "+r"(sum)); }
};

}  // namespace

PeakLoops reference_peak_loops() { return {.read = peak_read<Load>}; }

}  // namespace ganglion
