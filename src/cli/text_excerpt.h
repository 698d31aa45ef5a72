// The beginning of a text for one line of a terminal.
#pragma once

#include <string>
#include <string_view>

#include "text/utf8.h"

namespace ganglion {

// At most 60 code points, control characters as spaces, "…" where something was cut.
inline std::string text_excerpt(std::string_view text) {
  constexpr size_t kMaxCodePoints = 60;
  std::string line;
  size_t count = 0;
  for (size_t offset = 0; offset < text.size(); ++count) {
    if (count == kMaxCodePoints) return line + "…";
    const DecodedCodePoint c = decode_utf8(text, offset);
    append_utf8(line, c.value < 0x20 || c.value == 0x7F ? U' ' : c.value);
    offset += c.num_bytes;
  }
  return line;
}

}  // namespace ganglion
