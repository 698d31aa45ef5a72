#include "grammar/json_schema/describe.h"

#include <algorithm>

#include "text/utf8.h"

namespace ganglion::json_schema {
namespace {

constexpr size_t kMaxTextBytes = 80;
constexpr size_t kMaxNames = 8;

// At most `max_bytes`, cut between code points.
std::string shortened(std::string_view text) {
  if (text.size() <= kMaxTextBytes) return std::string(text);
  size_t end = kMaxTextBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace

std::string counted(uint64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

std::string describe(const json::value& value) {
  if (value.is_object()) {
    return "an object with " + counted(value.get_object().size(), "member");
  }
  if (value.is_array()) return "an array of " + counted(value.get_array().size(), "element");
  if (value.is_string()) return to_json_text(json::value(shortened(value.get_string())));
  return to_json_text(value);
}

std::string quoted_list(std::span<const std::string> names) {
  std::string text;
  const size_t num_shown = std::min(names.size(), kMaxNames);
  for (size_t i = 0; i < num_shown; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += fmt::format("\"{}\"", shortened(names[i]));
  }
  if (names.size() > num_shown) text += fmt::format(" and {} more", names.size() - num_shown);
  return text;
}

}  // namespace ganglion::json_schema
