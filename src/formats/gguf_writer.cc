#include "formats/gguf_writer.h"

#include "base/check.h"
#include "base/file.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

template <typename T>
void append_raw(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

template <typename T>
void append_array(std::string& out, GgufValueType type, std::span<const T> values) {
  append_raw(out, static_cast<uint32_t>(type));
  append_raw(out, uint64_t{values.size()});
  out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

void append_text(std::string& out, std::string_view text) {
  append_raw(out, uint64_t{text.size()});
  out.append(text);
}

void pad(std::string& out) {
  const size_t remainder = out.size() % GgufWriter::kAlignment;
  if (remainder != 0) out.append(GgufWriter::kAlignment - remainder, '\0');
}

template <typename T>
TensorView view_of(DType dtype, const Shape& shape, std::span<const T> values) {
  return {dtype, shape, std::as_bytes(values)};
}

}  // namespace

void GgufWriter::begin_entry(std::string_view key, GgufValueType type) {
  GANGLION_ASSERT(!key.empty() && names_.insert("entry " + std::string(key)).second);
  append_text(entries_, key);
  append_raw(entries_, static_cast<uint32_t>(type));
  ++num_entries_;
}

void GgufWriter::append_string(std::string_view key, std::string_view value) {
  if (invalid_key_.empty() && find_invalid_utf8(value) != std::string_view::npos) {
    invalid_key_ = key;
  }
  append_text(entries_, value);
}

void GgufWriter::copy_entry(const GgufEntry& entry) {
  const GgufValue& value = entry.value;
  begin_entry(entry.key, value.type);
  if (value.type == GgufValueType::kString) {
    append_raw(entries_, uint64_t{value.payload.size()});
  } else if (value.is_array()) {
    append_raw(entries_, static_cast<uint32_t>(value.element_type));
    append_raw(entries_, value.count);
  }
  entries_.append(reinterpret_cast<const char*>(value.payload.data()), value.payload.size());
}

void GgufWriter::set_string(std::string_view key, std::string_view value) {
  begin_entry(key, GgufValueType::kString);
  append_string(key, value);
}

void GgufWriter::set_u32(std::string_view key, uint32_t value) {
  begin_entry(key, GgufValueType::kUint32);
  append_raw(entries_, value);
}

void GgufWriter::set_u64(std::string_view key, uint64_t value) {
  begin_entry(key, GgufValueType::kUint64);
  append_raw(entries_, value);
}

void GgufWriter::set_i32(std::string_view key, int32_t value) {
  begin_entry(key, GgufValueType::kInt32);
  append_raw(entries_, value);
}

void GgufWriter::set_f32(std::string_view key, float value) {
  begin_entry(key, GgufValueType::kFloat32);
  append_raw(entries_, value);
}

void GgufWriter::set_bool(std::string_view key, bool value) {
  begin_entry(key, GgufValueType::kBool);
  append_raw(entries_, static_cast<uint8_t>(value));
}

void GgufWriter::set_strings(std::string_view key, std::span<const std::string> values) {
  const std::vector<std::string_view> views(values.begin(), values.end());
  set_strings(key, std::span<const std::string_view>(views));
}

void GgufWriter::set_strings(std::string_view key, std::span<const std::string_view> values) {
  begin_entry(key, GgufValueType::kArray);
  append_raw(entries_, static_cast<uint32_t>(GgufValueType::kString));
  append_raw(entries_, uint64_t{values.size()});
  for (const std::string_view value : values) append_string(key, value);
}

void GgufWriter::set_i32s(std::string_view key, std::span<const int32_t> values) {
  begin_entry(key, GgufValueType::kArray);
  append_array(entries_, GgufValueType::kInt32, values);
}

void GgufWriter::set_f32s(std::string_view key, std::span<const float> values) {
  begin_entry(key, GgufValueType::kArray);
  append_array(entries_, GgufValueType::kFloat32, values);
}

void GgufWriter::set_u8s(std::string_view key, std::span<const uint8_t> values) {
  begin_entry(key, GgufValueType::kArray);
  append_array(entries_, GgufValueType::kUint8, values);
}

// Returns the tensor's bytes without padding.
uint64_t GgufWriter::append_info(std::string_view name, DType dtype, const Shape& shape) {
  const DTypeTraits& traits = dtype_traits(dtype);
  const size_t num_dimensions = shape.num_dimensions();
  GANGLION_ASSERT(!name.empty() && names_.insert("tensor " + std::string(name)).second);
  GANGLION_ASSERT(num_dimensions >= 1 && shape.num_elements() >= 1);
  GANGLION_ASSERT(shape[num_dimensions - 1] % traits.block_elements == 0);
  append_text(infos_, name);
  append_raw(infos_, static_cast<uint32_t>(num_dimensions));
  for (size_t i = num_dimensions; i > 0; --i) append_raw(infos_, shape[i - 1]);
  append_raw(infos_, traits.gguf_id);
  append_raw(infos_, data_bytes_);
  const uint64_t bytes =
      static_cast<uint64_t>(shape.num_elements()) / traits.block_elements * traits.block_bytes;
  data_bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  ++num_tensors_;
  return bytes;
}

void GgufWriter::declare_tensor(std::string_view name, DType dtype, const Shape& shape) {
  GANGLION_ASSERT(data_.empty());
  append_info(name, dtype, shape);
}

void GgufWriter::add_tensor(std::string_view name, const TensorView& view) {
  GANGLION_ASSERT(data_.size() == data_bytes_);
  const uint64_t bytes = append_info(name, view.dtype, view.shape);
  GANGLION_ASSERT(view.bytes.size() == bytes);
  data_.append(reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size());
  pad(data_);
}

void GgufWriter::add_f32(std::string_view name, const Shape& shape, std::span<const float> values) {
  add_tensor(name, view_of(DType::kF32, shape, values));
}

void GgufWriter::add_i8(std::string_view name, const Shape& shape, std::span<const int8_t> values) {
  add_tensor(name, view_of(DType::kI8, shape, values));
}

Result<std::string> GgufWriter::header() const {
  if (!invalid_key_.empty()) {
    return fail(ErrorCode::kInvalidArgument, "metadata \"{}\": expected UTF-8 text to write",
                invalid_key_);
  }
  std::string out = "GGUF";
  out.reserve(out.size() + 64 + entries_.size() + infos_.size());
  append_raw(out, uint32_t{3});
  append_raw(out, num_tensors_);
  append_raw(out, num_entries_);
  out += entries_;
  out += infos_;
  if (num_tensors_ > 0) pad(out);
  return out;
}

Result<std::string> GgufWriter::serialise() const {
  GANGLION_ASSERT(data_.size() == data_bytes_);
  GANGLION_ASSIGN(std::string out, header());
  out.reserve(out.size() + data_.size());
  out += data_;
  return out;
}

Status GgufWriter::write(const std::filesystem::path& path) const {
  GANGLION_ASSIGN(const std::string bytes, serialise());
  return write_file_atomic(path, bytes);
}

}  // namespace ganglion
