#include "text/jinja/text_search.h"

#include <cstring>

namespace ganglion::jinja {

size_t find_text(std::string_view text, std::string_view needle, size_t from) {
  if (needle.empty()) return from;
  // memmem(), unlike string_view::find(), takes no quadratic time on hostile needles.
  const void* found = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace ganglion::jinja
