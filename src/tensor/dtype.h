// Element types of tensors, with the block layouts of GGUF's quantised types.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ganglion {

enum class DType : uint8_t {
  kF32,
  kF16,
  kBF16,
  kF64,
  kI8,
  kI16,
  kI32,
  kI64,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ8_1,
  kQ2_K,
  kQ3_K,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kQ8_K,
  kIQ4_NL,
  kIQ4_XS,
};

struct DTypeTraits {
  std::string_view name;    // as GGUF writes it: "Q4_K"
  uint32_t block_elements;  // 1 for plain types
  uint32_t block_bytes;
  uint32_t gguf_id;  // ggml_type in the file, UINT32_MAX where GGUF has none
};

// Source of sizes and ids: the GGUF specification and ggml.h (ggml_type, block_* structs).
const DTypeTraits& dtype_traits(DType dtype);

std::optional<DType> dtype_from_gguf_id(uint32_t id);

}  // namespace ganglion
