// Writes GGUF version 3 files. The same calls give the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "formats/gguf_value.h"
#include "tensor/tensor_view.h"

namespace ganglion {

// Not thread-safe. Keys and tensor names are unique, non-empty UTF-8 (asserted): they are ours.
// Strings given as values may come from outside and must be valid UTF-8: serialise() says so.
class GgufWriter {
 public:
  static constexpr uint64_t kAlignment = 32;

  // The key and value of another file, of any type.
  void copy_entry(const GgufEntry& entry);
  void set_string(std::string_view key, std::string_view value);
  void set_u32(std::string_view key, uint32_t value);
  void set_u64(std::string_view key, uint64_t value);
  void set_i32(std::string_view key, int32_t value);
  void set_f32(std::string_view key, float value);
  void set_bool(std::string_view key, bool value);
  void set_strings(std::string_view key, std::span<const std::string> values);
  void set_strings(std::string_view key, std::span<const std::string_view> values);
  void set_i32s(std::string_view key, std::span<const int32_t> values);
  void set_f32s(std::string_view key, std::span<const float> values);
  void set_u8s(std::string_view key, std::span<const uint8_t> values);

  // Copies the tensor's bytes. Requires one to four dimensions, each at least 1, and as many bytes
  // as they and the dtype make (asserted).
  void add_tensor(std::string_view name, const TensorView& view);
  void add_f32(std::string_view name, const Shape& shape, std::span<const float> values);
  void add_i8(std::string_view name, const Shape& shape, std::span<const int8_t> values);

  // For files too large to hold: the tensor's bytes follow the header, each tensor padded to
  // kAlignment, in the order of these calls. Requires what add_tensor does, and no add_tensor.
  void declare_tensor(std::string_view name, DType dtype, const Shape& shape);
  // Everything before the tensors' bytes, padded. kInvalidArgument when a string is not UTF-8.
  Result<std::string> header() const;
  // Of the declared or added tensors, with their padding.
  uint64_t data_bytes() const { return data_bytes_; }

  // The whole file. kInvalidArgument when a string is not UTF-8.
  Result<std::string> serialise() const;
  // The same into a file, by write_file_atomic.
  Status write(const std::filesystem::path& path) const;

 private:
  void begin_entry(std::string_view key, GgufValueType type);
  void append_string(std::string_view key, std::string_view value);
  uint64_t append_info(std::string_view name, DType dtype, const Shape& shape);

  uint64_t num_entries_ = 0;
  uint64_t num_tensors_ = 0;
  std::string entries_;  // encoded
  std::string infos_;    // encoded
  std::string data_;     // of added tensors, padded to kAlignment after each
  uint64_t data_bytes_ = 0;
  std::unordered_set<std::string> names_;
  std::string invalid_key_;  // the first key whose text is not UTF-8
};

}  // namespace ganglion
