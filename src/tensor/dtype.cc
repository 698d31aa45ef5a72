#include "tensor/dtype.h"

#include <array>

namespace ganglion {
namespace {

// In the order of DType.
constexpr std::array<DTypeTraits, 22> kTraits = {{
    {"F32", 1, 4, 0},         {"F16", 1, 2, 1},       {"BF16", 1, 2, 30},
    {"F64", 1, 8, 28},        {"I8", 1, 1, 24},       {"I16", 1, 2, 25},
    {"I32", 1, 4, 26},        {"I64", 1, 8, 27},      {"Q4_0", 32, 18, 2},
    {"Q4_1", 32, 20, 3},      {"Q5_0", 32, 22, 6},    {"Q5_1", 32, 24, 7},
    {"Q8_0", 32, 34, 8},      {"Q8_1", 32, 36, 9},    {"Q2_K", 256, 84, 10},
    {"Q3_K", 256, 110, 11},   {"Q4_K", 256, 144, 12}, {"Q5_K", 256, 176, 13},
    {"Q6_K", 256, 210, 14},   {"Q8_K", 256, 292, 15}, {"IQ4_NL", 32, 18, 20},
    {"IQ4_XS", 256, 136, 23},
}};

}  // namespace

const DTypeTraits& dtype_traits(DType dtype) { return kTraits[static_cast<size_t>(dtype)]; }

std::optional<DType> dtype_from_gguf_id(uint32_t id) {
  for (size_t i = 0; i < kTraits.size(); ++i) {
    if (kTraits[i].gguf_id == id) return static_cast<DType>(i);
  }
  return std::nullopt;
}

}  // namespace ganglion
