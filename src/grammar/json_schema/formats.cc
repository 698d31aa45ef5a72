#include "grammar/json_schema/formats.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "grammar/json_schema/uri.h"
#include "grammar/regex_syntax.h"

namespace ganglion::json_schema {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// The number in text[offset, offset + num_digits), which has to be digits.
std::optional<int> digits_at(std::string_view text, size_t offset, size_t num_digits) {
  if (text.size() < offset + num_digits) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(offset, num_digits)) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

// RFC 3339, full-date.
bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto year = digits_at(text, 0, 4);
  const auto month = digits_at(text, 5, 2);
  const auto day = digits_at(text, 8, 2);
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1) return false;
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = *year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0);
  return *day <= kDays[static_cast<size_t>(*month) - 1] + (is_leap && *month == 2 ? 1 : 0);
}

// "Z" or "+hh:mm" in minutes.
std::optional<int> zone_offset(std::string_view zone) {
  if (zone == "Z" || zone == "z") return 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const auto hours = digits_at(zone, 1, 2);
  const auto minutes = digits_at(zone, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return (zone[0] == '-' ? -1 : 1) * (*hours * 60 + *minutes);
}

// RFC 3339, full-time; second 60 only at the end of a day of UTC.
bool is_time(std::string_view text) {
  if (text.size() < 9 || text[2] != ':' || text[5] != ':') return false;
  const auto hour = digits_at(text, 0, 2);
  const auto minute = digits_at(text, 3, 2);
  const auto second = digits_at(text, 6, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return false;
  std::string_view rest = text.substr(8);
  if (rest[0] == '.') {
    rest.remove_prefix(1);
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_digit);
    if (end == rest.begin()) return false;
    rest.remove_prefix(static_cast<size_t>(end - rest.begin()));
  }
  const auto offset = zone_offset(rest);
  if (!offset) return false;
  if (*second < 60) return true;
  constexpr int kDay = 24 * 60;
  return (*hour * 60 + *minute - *offset + 2 * kDay) % kDay == kDay - 1;
}

bool is_date_time(std::string_view text) {
  return text.size() > 11 && is_date(text.substr(0, 10)) && (text[10] == 'T' || text[10] == 't') &&
         is_time(text.substr(11));
}

// RFC 1123: labels of letters, digits and hyphens.
bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
        !std::all_of(label.begin(), label.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-'; })) {
      return false;
    }
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (!text.starts_with('.')) return false;
      text.remove_prefix(1);
    }
    size_t num_digits = 0;
    int number = 0;
    while (num_digits < text.size() && num_digits < 4 && is_digit(text[num_digits])) {
      number = number * 10 + (text[num_digits++] - '0');
    }
    if (num_digits == 0 || number > 255 || (num_digits > 1 && text[0] == '0')) return false;
    text.remove_prefix(num_digits);
  }
  return text.empty();
}

// RFC 4291, section 2.2.
bool is_ipv6(std::string_view text) {
  int num_groups = 0;
  bool has_gap = false;
  if (text.starts_with("::")) {
    has_gap = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const std::string_view group = text.substr(0, text.find(':'));
    if (group.size() == text.size() && group.find('.') != std::string_view::npos) {
      if (!is_ipv4(group)) return false;
      num_groups += 2;
      break;
    }
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), is_hex)) {
      return false;
    }
    if (++num_groups > 8) return false;
    text.remove_prefix(group.size());
    if (text.empty()) break;
    text.remove_prefix(1);
    if (text.empty()) return false;
    if (text[0] != ':') continue;
    if (has_gap) return false;
    has_gap = true;
    text.remove_prefix(1);
  }
  return has_gap ? num_groups <= 7 : num_groups == 8;
}

// RFC 5321, 4.1.2: a dot-atom or a quoted string, and a host name or an address in brackets.
bool is_local_part(std::string_view local) {
  if (local.size() >= 2 && local.front() == '"' && local.back() == '"') {
    local = local.substr(1, local.size() - 2);
    for (size_t i = 0; i < local.size(); ++i) {
      if (local[i] == '"' || static_cast<unsigned char>(local[i]) < 0x20) return false;
      if (local[i] == '\\' && ++i == local.size()) return false;
    }
    return true;
  }
  if (local.empty() || local.front() == '.' || local.back() == '.') return false;
  if (local.find("..") != std::string_view::npos) return false;
  return std::all_of(local.begin(), local.end(), [](char c) {
    return is_alphanumeric(c) ||
           std::string_view(".!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
  });
}

bool is_email(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos || !is_local_part(text.substr(0, at))) return false;
  std::string_view host = text.substr(at + 1);
  if (!host.starts_with('[')) return is_hostname(host);
  if (!host.ends_with(']')) return false;
  host = host.substr(1, host.size() - 2);
  return host.starts_with("IPv6:") ? is_ipv6(host.substr(5)) : is_ipv4(host);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_hyphen ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

// RFC 6901.
bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') continue;
    if (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')) return false;
  }
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto num_digits = static_cast<size_t>(end - text.begin());
  if (num_digits == 0 || (num_digits > 1 && text[0] == '0')) return false;
  text.remove_prefix(num_digits);
  return text == "#" || is_json_pointer(text);
}

// What our dialect lacks (look-around, …) may well be a regular expression.
bool is_regex(std::string_view text) {
  const auto syntax = parse_regex(text);
  return syntax.ok() || syntax.error().code != ErrorCode::kMalformed;
}

constexpr std::pair<std::string_view, FormatCheck> kFormats[] = {
    {"date-time", is_date_time},
    {"date", is_date},
    {"time", is_time},
    {"email", is_email},
    {"hostname", is_hostname},
    {"ipv4", is_ipv4},
    {"ipv6", is_ipv6},
    {"uri", is_uri},
    {"uri-reference", is_uri_reference},
    {"uuid", is_uuid},
    {"json-pointer", is_json_pointer},
    {"relative-json-pointer", is_relative_json_pointer},
    {"regex", is_regex},
};

}  // namespace

FormatCheck find_format(std::string_view name) {
  for (const auto& [known, check] : kFormats) {
    if (known == name) return check;
  }
  return nullptr;
}

}  // namespace ganglion::json_schema
