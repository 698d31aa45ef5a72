// The typed getters of GgufFile.
#include <cstring>

#include "formats/gguf.h"

namespace ganglion {
namespace {

std::string type_text(const GgufValue& value) {
  if (!value.is_array()) return std::string(gguf_value_type_name(value.type));
  return fmt::format("array of {}", gguf_value_type_name(value.element_type));
}

Error wrong_type(std::string_view source_name, std::string_view key, std::string_view expected,
                 const GgufValue& value) {
  return fail(ErrorCode::kMalformed, "{}: metadata \"{}\": expected {}, found {}", source_name, key,
              expected, type_text(value));
}

Result<const GgufValue*> get_value(const GgufFile& file, std::string_view key) {
  if (const GgufValue* value = file.find(key)) return value;
  return fail(ErrorCode::kNotFound, "{}: metadata \"{}\": expected, but it is absent",
              file.source_name(), key);
}

bool is_number(GgufValueType type) {
  return is_gguf_integer(type) || type == GgufValueType::kFloat32 ||
         type == GgufValueType::kFloat64;
}

}  // namespace

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto found = entry_index_.find(key);
  return found == entry_index_.end() ? nullptr : &entries_[found->second].value;
}

const GgufTensor* GgufFile::find_tensor(std::string_view name) const {
  const auto found = tensor_index_.find(name);
  return found == tensor_index_.end() ? nullptr : &tensors_[found->second];
}

Result<std::string_view> GgufFile::get_string(std::string_view key) const {
  GANGLION_ASSIGN(const GgufValue* value, get_value(*this, key));
  if (value->type != GgufValueType::kString) {
    return wrong_type(source_name_, key, "a string", *value);
  }
  return std::string_view(reinterpret_cast<const char*>(value->payload.data()),
                          value->payload.size());
}

Result<uint64_t> GgufFile::get_unsigned(std::string_view key) const {
  GANGLION_ASSIGN(const GgufValue* value, get_value(*this, key));
  if (!is_gguf_integer(value->type)) return wrong_type(source_name_, key, "an integer", *value);
  const int64_t number = gguf_integer_at(*value, 0);
  if (number < 0 && value->type != GgufValueType::kUint64) {
    return fail(ErrorCode::kMalformed, "{}: metadata \"{}\": expected at least 0, found {}",
                source_name_, key, number);
  }
  return static_cast<uint64_t>(number);
}

Result<double> GgufFile::get_number(std::string_view key) const {
  GANGLION_ASSIGN(const GgufValue* value, get_value(*this, key));
  if (!is_number(value->type)) return wrong_type(source_name_, key, "a number", *value);
  return gguf_number_at(*value, 0);
}

Result<bool> GgufFile::get_bool(std::string_view key) const {
  GANGLION_ASSIGN(const GgufValue* value, get_value(*this, key));
  if (value->type != GgufValueType::kBool) return wrong_type(source_name_, key, "a bool", *value);
  return gguf_number_at(*value, 0) != 0;
}

Result<std::vector<std::string_view>> GgufFile::get_strings(std::string_view key) const {
  GANGLION_ASSIGN(const GgufValue* value, get_value(*this, key));
  if (!value->is_array() || value->element_type != GgufValueType::kString) {
    return wrong_type(source_name_, key, "an array of strings", *value);
  }
  std::vector<std::string_view> strings;
  strings.reserve(value->count);
  const std::byte* next = value->payload.data();
  for (uint64_t i = 0; i < value->count; ++i) {  // parse() has checked every length
    uint64_t size = 0;
    std::memcpy(&size, next, sizeof(size));
    strings.emplace_back(reinterpret_cast<const char*>(next + sizeof(size)), size);
    next += sizeof(size) + size;
  }
  return strings;
}

Result<std::vector<int64_t>> GgufFile::get_integers(std::string_view key) const {
  GANGLION_ASSIGN(const GgufValue* value, get_value(*this, key));
  if (!value->is_array() || !is_gguf_integer(value->element_type)) {
    return wrong_type(source_name_, key, "an array of integers", *value);
  }
  std::vector<int64_t> numbers(value->count);
  for (uint64_t i = 0; i < value->count; ++i) numbers[i] = gguf_integer_at(*value, i);
  return numbers;
}

Result<std::vector<float>> GgufFile::get_numbers(std::string_view key) const {
  GANGLION_ASSIGN(const GgufValue* value, get_value(*this, key));
  if (!value->is_array() || !is_number(value->element_type)) {
    return wrong_type(source_name_, key, "an array of numbers", *value);
  }
  std::vector<float> numbers(value->count);
  for (uint64_t i = 0; i < value->count; ++i) {
    numbers[i] = static_cast<float>(gguf_number_at(*value, i));
  }
  return numbers;
}

Result<uint64_t> GgufFile::get_unsigned_or(std::string_view key, uint64_t fallback) const {
  if (find(key) == nullptr) return fallback;
  return get_unsigned(key);
}

Result<double> GgufFile::get_number_or(std::string_view key, double fallback) const {
  if (find(key) == nullptr) return fallback;
  return get_number(key);
}

Result<bool> GgufFile::get_bool_or(std::string_view key, bool fallback) const {
  if (find(key) == nullptr) return fallback;
  return get_bool(key);
}

Result<TensorView> GgufFile::get_tensor(std::string_view name, const Shape& shape) const {
  const GgufTensor* tensor = find_tensor(name);
  if (tensor == nullptr) {
    return fail(ErrorCode::kNotFound, "{}: tensor \"{}\": expected with shape {}, but it is absent",
                source_name_, name, shape.to_string());
  }
  if (tensor->view.shape != shape) {
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected shape {}, found {}",
                source_name_, name, shape.to_string(), tensor->view.shape.to_string());
  }
  return tensor->view;
}

}  // namespace ganglion
