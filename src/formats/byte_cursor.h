// Reads little-endian fields from untrusted bytes: every read is checked against what is left.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/result.h"

namespace ganglion {

static_assert(std::endian::native == std::endian::little, "model files are read in place");

// Borrows `bytes` and `source_name`. A failed read is kMalformed and names source, field, byte
// offset, the bytes wanted and the bytes left; it does not move the cursor.
class ByteCursor {
 public:
  ByteCursor(std::span<const std::byte> bytes, std::string_view source_name)
      : bytes_(bytes), source_name_(source_name) {}

  uint64_t position() const { return position_; }
  uint64_t remaining() const { return bytes_.size() - position_; }
  std::string_view source_name() const { return source_name_; }

  // A number stored in sizeof(T) bytes at any alignment.
  template <typename T>
  Result<T> read(std::string_view field) {
    GANGLION_ASSIGN(const std::span<const std::byte> raw, take(sizeof(T), field));
    T value{};
    std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }

  // The next `size` bytes, in place.
  Result<std::span<const std::byte>> take(uint64_t size, std::string_view field) {
    if (size > remaining()) {
      return fail(ErrorCode::kMalformed,
                  "{}: {} at byte {}: expected {} bytes, but only {} are left", source_name_, field,
                  position_, size, remaining());
    }
    const std::span<const std::byte> taken = bytes_.subspan(position_, size);
    position_ += size;
    return taken;
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view source_name_;
  uint64_t position_ = 0;
};

}  // namespace ganglion
