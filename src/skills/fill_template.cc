#include "skills/fill_template.h"

#include <algorithm>
#include <utility>

namespace ganglion {
namespace {

bool is_name(std::string_view text) {
  const auto is_name_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && std::ranges::all_of(text, is_name_character);
}

}  // namespace

Result<FillTemplate> FillTemplate::parse(std::string_view text) {
  FillTemplate result;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t brace = std::min(text.find_first_of("{}", begin), text.size());
    Part part{
        .literal = std::string(text.substr(begin, brace - begin)), .name = {}, .fallback = {}};
    begin = brace;
    if (brace < text.size()) {
      const size_t close = text.find_first_of("{}", brace + 1);
      if (text[brace] == '}' || close == std::string_view::npos || text[close] == '{') {
        return fail(ErrorCode::kMalformed,
                    "brace at byte {}: expected a placeholder as in {{name}} or {{name|fallback}}",
                    brace);
      }
      const std::string_view inside = text.substr(brace + 1, close - brace - 1);
      const size_t bar = std::min(inside.find('|'), inside.size());
      part.name = inside.substr(0, bar);
      part.has_fallback = bar < inside.size();
      if (part.has_fallback) part.fallback = inside.substr(bar + 1);
      if (!is_name(part.name)) {
        return fail(ErrorCode::kMalformed,
                    "placeholder at byte {}: '{}' is not a name; expected letters, digits and "
                    "underscores",
                    brace, part.name);
      }
      begin = close + 1;
    }
    result.parts_.push_back(std::move(part));
  }
  return result;
}

Result<std::string> FillTemplate::fill(const std::map<std::string, std::string>& values) const {
  std::string text;
  for (const Part& part : parts_) {
    text += part.literal;
    if (part.name.empty()) continue;
    const auto value = values.find(part.name);
    if (value != values.end()) {
      text += value->second;
    } else if (part.has_fallback) {
      text += part.fallback;
    } else {
      return fail(ErrorCode::kNotFound, "no value for {{{}}}", part.name);
    }
  }
  return text;
}

}  // namespace ganglion
