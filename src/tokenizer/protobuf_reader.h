// Walks the fields of one Protocol Buffers message (wire format of protobuf.dev/encoding).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace ganglion {

struct ProtobufField {
  uint32_t number = 0;
  uint64_t value = 0;      // of varints, 32-bit and 64-bit fields
  std::string_view bytes;  // of length-delimited fields, inside the message

  float as_float() const;  // a 32-bit field
  bool as_bool() const { return value != 0; }
  int32_t as_int32() const { return static_cast<int32_t>(static_cast<uint32_t>(value)); }
};

// Borrows the message.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message) : message_(message), left_(message) {}

  bool at_end() const { return left_.empty(); }
  // Requires !at_end(). kMalformed names the byte offset, when a field is cut off or of a kind that
  // does not exist (groups are refused).
  Result<ProtobufField> next();

 private:
  Result<uint64_t> varint();
  Result<uint64_t> fixed(size_t num_bytes);
  Error cut_off() const;

  std::string_view message_;
  std::string_view left_;
};

}  // namespace ganglion
