#include "formats/gguf_value.h"

#include <cstring>

#include "base/check.h"

namespace ganglion {
namespace {

template <typename T>
T load_at(const GgufValue& value, uint64_t index) {
  GANGLION_ASSERT(index < value.count);
  T number{};
  std::memcpy(&number, value.payload.data() + index * sizeof(T), sizeof(T));
  return number;
}

}  // namespace

std::string_view gguf_value_type_name(GgufValueType type) {
  switch (type) {
    case GgufValueType::kUint8:
      return "uint8";
    case GgufValueType::kInt8:
      return "int8";
    case GgufValueType::kUint16:
      return "uint16";
    case GgufValueType::kInt16:
      return "int16";
    case GgufValueType::kUint32:
      return "uint32";
    case GgufValueType::kInt32:
      return "int32";
    case GgufValueType::kFloat32:
      return "float32";
    case GgufValueType::kBool:
      return "bool";
    case GgufValueType::kString:
      return "string";
    case GgufValueType::kArray:
      return "array";
    case GgufValueType::kUint64:
      return "uint64";
    case GgufValueType::kInt64:
      return "int64";
    case GgufValueType::kFloat64:
      return "float64";
  }
  return "unknown";
}

uint64_t gguf_value_type_size(GgufValueType type) {
  switch (type) {
    case GgufValueType::kUint8:
    case GgufValueType::kInt8:
    case GgufValueType::kBool:
      return 1;
    case GgufValueType::kUint16:
    case GgufValueType::kInt16:
      return 2;
    case GgufValueType::kUint32:
    case GgufValueType::kInt32:
    case GgufValueType::kFloat32:
      return 4;
    case GgufValueType::kUint64:
    case GgufValueType::kInt64:
    case GgufValueType::kFloat64:
      return 8;
    case GgufValueType::kString:
    case GgufValueType::kArray:
      return 0;
  }
  return 0;
}

bool is_gguf_integer(GgufValueType type) {
  return type != GgufValueType::kFloat32 && type != GgufValueType::kFloat64 &&
         type != GgufValueType::kBool && gguf_value_type_size(type) > 0;
}

int64_t gguf_integer_at(const GgufValue& value, uint64_t index) {
  switch (value.element_type) {
    case GgufValueType::kUint8:
      return load_at<uint8_t>(value, index);
    case GgufValueType::kInt8:
      return load_at<int8_t>(value, index);
    case GgufValueType::kUint16:
      return load_at<uint16_t>(value, index);
    case GgufValueType::kInt16:
      return load_at<int16_t>(value, index);
    case GgufValueType::kUint32:
      return load_at<uint32_t>(value, index);
    case GgufValueType::kInt32:
      return load_at<int32_t>(value, index);
    case GgufValueType::kUint64:
    case GgufValueType::kInt64:
      return load_at<int64_t>(value, index);
    default:
      GANGLION_ASSERT(is_gguf_integer(value.element_type));
      return 0;
  }
}

uint64_t gguf_unsigned_at(const GgufValue& value, uint64_t index) {
  return static_cast<uint64_t>(gguf_integer_at(value, index));
}

double gguf_number_at(const GgufValue& value, uint64_t index) {
  switch (value.element_type) {
    case GgufValueType::kFloat32:
      return static_cast<double>(load_at<float>(value, index));
    case GgufValueType::kFloat64:
      return load_at<double>(value, index);
    case GgufValueType::kBool:
      return static_cast<double>(load_at<uint8_t>(value, index));
    case GgufValueType::kUint64:
      return static_cast<double>(gguf_unsigned_at(value, index));
    default:
      return static_cast<double>(gguf_integer_at(value, index));
  }
}

}  // namespace ganglion
