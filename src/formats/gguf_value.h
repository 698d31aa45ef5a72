// The typed metadata values of a GGUF file.
// Source: ggml/docs/gguf.md (version 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ganglion {

enum class GgufValueType : uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};

// "uint32", "string", …; "unknown" for a number that no type has.
std::string_view gguf_value_type_name(GgufValueType type);

// Bytes of one number or bool; 0 for strings, arrays and unknown types.
uint64_t gguf_value_type_size(GgufValueType type);

bool is_gguf_integer(GgufValueType type);

// A validated value inside the file's bytes, which it borrows.
struct GgufValue {
  GgufValueType type = GgufValueType::kUint8;
  GgufValueType element_type = GgufValueType::kUint8;  // of an array; otherwise equal to `type`
  uint64_t count = 1;                                  // elements of an array; otherwise 1
  // A string's text; a number's bytes; an array's numbers, or its strings each behind its uint64
  // length.
  std::span<const std::byte> payload;

  bool is_array() const { return type == GgufValueType::kArray; }
};

struct GgufEntry {
  std::string_view key;
  GgufValue value;
};

// The element at `index` (< count) of a number, bool or array of them, converted. Require the
// stated kind of element type.
int64_t gguf_integer_at(const GgufValue& value, uint64_t index);    // integer types; uint64 wraps
uint64_t gguf_unsigned_at(const GgufValue& value, uint64_t index);  // integer types, non-negative
double gguf_number_at(const GgufValue& value, uint64_t index);      // any number or bool

}  // namespace ganglion
