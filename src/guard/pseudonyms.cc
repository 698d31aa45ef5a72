#include "guard/pseudonyms.h"

#include <fmt/format.h>

#include <algorithm>

namespace ganglion {
namespace {

constexpr size_t kMaxNameBytes = 32;
constexpr size_t kMaxNumberDigits = 9;

std::string value_key(std::string_view type_name, std::string_view value) {
  std::string key(type_name);
  key.push_back('\0');
  key.append(value);
  return key;
}

std::string_view token_type(std::string_view token) {
  return token.substr(1, token.rfind('_') - 1);
}

}  // namespace

size_t token_length(std::string_view text) {
  if (text.empty() || text[0] != '[') return 0;
  const size_t end = text.substr(0, kMaxNameBytes + kMaxNumberDigits + 3).find(']');
  if (end == std::string_view::npos) return 0;
  const std::string_view body = text.substr(1, end - 1);
  const size_t underscore = body.rfind('_');
  if (underscore == std::string_view::npos || underscore == 0) return 0;
  const std::string_view number = body.substr(underscore + 1);
  if (number.empty() || number.size() > kMaxNumberDigits || underscore > kMaxNameBytes) return 0;
  const bool digits =
      std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && pii_type_from_name(body.substr(0, underscore)) ? end + 1 : 0;
}

const std::string& Pseudonyms::token_for(PiiType type, std::string_view value) {
  const std::string_view name = pii_type_name(type);
  const auto [entry, inserted] = tokens_.try_emplace(value_key(name, value));
  if (!inserted) return entry->second;
  uint64_t& number = last_number_[std::string(name)];
  do {
    entry->second = fmt::format("[{}_{}]", name, ++number);
  } while (values_.contains(entry->second));  // taken by an adopted pair
  values_.emplace(entry->second, value);
  return entry->second;
}

const std::string* Pseudonyms::value_of(std::string_view token) const {
  const auto entry = values_.find(token);
  return entry == values_.end() ? nullptr : &entry->second;
}

std::string Pseudonyms::restore(std::string_view text) const {
  std::string restored;
  restored.reserve(text.size());
  size_t done = 0;
  for (size_t at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1)) {
    const size_t length = token_length(text.substr(at));
    const std::string* value = length == 0 ? nullptr : value_of(text.substr(at, length));
    if (value == nullptr) continue;
    restored.append(text, done, at - done);
    restored.append(*value);
    done = at + length;
  }
  restored.append(text, done);
  return restored;
}

bool Pseudonyms::adopt(std::string_view token, std::string_view value) {
  if (token_length(token) != token.size()) return false;
  if (!values_.emplace(token, value).second) return false;
  tokens_.emplace(value_key(token_type(token), value), token);
  return true;
}

}  // namespace ganglion
