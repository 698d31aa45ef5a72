#include "tokenizer/protobuf_reader.h"

#include <bit>
#include <cstring>

namespace ganglion {

float ProtobufField::as_float() const { return std::bit_cast<float>(static_cast<uint32_t>(value)); }

Error ProtobufReader::cut_off() const {
  return fail(ErrorCode::kMalformed, "byte {}: expected a whole field, but the message ends",
              message_.size() - left_.size());
}

Result<uint64_t> ProtobufReader::varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (left_.empty()) return cut_off();
    const auto byte = static_cast<unsigned char>(left_.front());
    left_.remove_prefix(1);
    value |= uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  return fail(ErrorCode::kMalformed, "byte {}: expected a varint of at most 10 bytes",
              message_.size() - left_.size());
}

Result<uint64_t> ProtobufReader::fixed(size_t num_bytes) {
  if (left_.size() < num_bytes) return cut_off();
  uint64_t value = 0;
  std::memcpy(&value, left_.data(), num_bytes);
  left_.remove_prefix(num_bytes);
  return value;
}

Result<ProtobufField> ProtobufReader::next() {
  GANGLION_ASSIGN(const uint64_t tag, varint());
  ProtobufField field;
  field.number = static_cast<uint32_t>(tag >> 3 & 0x1FFFFFFF);
  switch (tag & 7) {
    case 0: {
      GANGLION_ASSIGN(field.value, varint());
      return field;
    }
    case 1: {
      GANGLION_ASSIGN(field.value, fixed(8));
      return field;
    }
    case 2: {
      GANGLION_ASSIGN(const uint64_t size, varint());
      if (size > left_.size()) return cut_off();
      field.bytes = left_.substr(0, size);
      left_.remove_prefix(size);
      return field;
    }
    case 5: {
      GANGLION_ASSIGN(field.value, fixed(4));
      return field;
    }
    default:
      return fail(ErrorCode::kMalformed, "byte {}: expected a field of kind 0, 1, 2 or 5, found {}",
                  message_.size() - left_.size(), tag & 7);
  }
}

}  // namespace ganglion
