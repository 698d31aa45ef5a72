#include "text/utf8.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace ganglion {
namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Length of the valid sequence at `offset`, or 0 (Unicode 15, table 3-7).
uint32_t sequence_length(std::string_view text, size_t offset) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  const size_t left = text.size() - offset;
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const uint32_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (left < length) return 0;
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xBF;
  if (first == 0xE0) second_min = 0xA0;
  if (first == 0xED) second_max = 0x9F;
  if (first == 0xF0) second_min = 0x90;
  if (first == 0xF4) second_max = 0x8F;
  if (byte(1) < second_min || byte(1) > second_max) return 0;
  for (uint32_t i = 2; i < length; ++i) {
    if (!is_continuation(text[offset + i])) return 0;
  }
  return length;
}

size_t ascii_prefix(std::string_view text, size_t offset) {
  while (offset + 8 <= text.size()) {
    uint64_t block = 0;
    std::memcpy(&block, text.data() + offset, 8);
    if ((block & 0x8080808080808080ULL) != 0) break;
    offset += 8;
  }
  return offset;
}

}  // namespace

size_t find_invalid_utf8(std::string_view text) {
  size_t offset = 0;
  while (offset < text.size()) {
    offset = ascii_prefix(text, offset);
    if (offset == text.size()) break;
    const uint32_t length = sequence_length(text, offset);
    if (length == 0) return offset;
    offset += length;
  }
  return std::string_view::npos;
}

DecodedCodePoint decode_utf8(std::string_view text, size_t offset) {
  GANGLION_ASSERT(offset < text.size());
  const auto byte = [&](size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[offset + i]));
  };
  switch (sequence_length(text, offset)) {
    case 1:
      return {byte(0), 1};
    case 2:
      return {(byte(0) & 0x1F) << 6 | (byte(1) & 0x3F), 2};
    case 3:
      return {(byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
    case 4:
      return {(byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 |
                  (byte(3) & 0x3F),
              4};
    default:
      return {kReplacementCharacter, 1};
  }
}

void append_utf8(std::string& text, char32_t code_point) {
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000)) {
    code_point = kReplacementCharacter;
  }
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

size_t count_code_points(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

CodePointIndex::CodePointIndex(std::string_view text) : num_code_points_(text.size()) {
  if (ascii_prefix(text, 0) + 8 > text.size() &&
      std::none_of(text.begin(), text.end(), [](char byte) { return (byte & 0x80) != 0; })) {
    return;
  }
  GANGLION_ASSERT(text.size() < UINT32_MAX);
  starts_.reserve(text.size() + 1);
  for (size_t offset = 0; offset < text.size(); offset += decode_utf8(text, offset).num_bytes) {
    starts_.push_back(static_cast<uint32_t>(offset));
  }
  num_code_points_ = starts_.size();
  starts_.push_back(static_cast<uint32_t>(text.size()));
}

size_t CodePointIndex::code_point_at(size_t byte_offset) const {
  if (starts_.empty()) return byte_offset;
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), byte_offset);
  return static_cast<size_t>(after - starts_.begin()) - 1;
}

size_t CodePointIndex::byte_at(size_t code_point_offset) const {
  GANGLION_ASSERT(code_point_offset <= num_code_points_);
  return starts_.empty() ? code_point_offset : starts_[code_point_offset];
}

}  // namespace ganglion
