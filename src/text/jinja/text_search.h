// Searching in texts, in linear time.
#pragma once

#include <cstddef>
#include <string_view>

namespace ganglion::jinja {

// Byte offset of the first `needle` at or after `from` (at most text.size()), or npos.
size_t find_text(std::string_view text, std::string_view needle, size_t from);

}  // namespace ganglion::jinja
