// UTF-8: validation, decoding, and the two ways to count positions. Offsets in the public formats
// are Unicode code points; inside, everything works on bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// What some programs write at the begin of a file; readers pass over it.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The byte offset of the first invalid sequence (overlong, surrogate, above U+10FFFF, cut off), or
// npos when all is valid.
size_t find_invalid_utf8(std::string_view text);

struct DecodedCodePoint {
  char32_t value;      // kReplacementCharacter for an invalid byte
  uint32_t num_bytes;  // 1 to 4; 1 for an invalid byte
};

// The code point at `offset` < text.size(). Never reads past the end.
DecodedCodePoint decode_utf8(std::string_view text, size_t offset);

// Appends one code point; surrogates and values above U+10FFFF become kReplacementCharacter.
void append_utf8(std::string& text, char32_t code_point);

// How many code points valid UTF-8 holds: bytes that do not continue a sequence.
size_t count_code_points(std::string_view text);

// Byte offset → code point offset, for many offsets in one text of valid UTF-8.
// Building costs one pass; a lookup is a binary search. ASCII text needs no table.
class CodePointIndex {
 public:
  explicit CodePointIndex(std::string_view text);
  // `byte_offset` ≤ text.size(); inside a sequence it counts as that sequence's code point.
  size_t code_point_at(size_t byte_offset) const;
  // `code_point_offset` ≤ size().
  size_t byte_at(size_t code_point_offset) const;
  // Number of code points.
  size_t size() const { return num_code_points_; }

 private:
  size_t num_code_points_;
  std::vector<uint32_t> starts_;  // byte offset of each code point; empty for ASCII
};

}  // namespace ganglion
