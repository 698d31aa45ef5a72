#include "skills/extract_values.h"

#include <algorithm>
#include <cmath>

#include "text/checksum.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

// Letters and digits only, letters in upper case: how check digits are computed.
std::string compact(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') {
      out += static_cast<char>(c - 32);
    } else if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) {
      out += c;
    }
  }
  return out;
}

// The decimal methods look at the digits alone, so that an identifier may have a prefix ("LB-…").
bool checksum_holds(ChecksumKind kind, std::string_view text) {
  const std::string characters = compact(text);
  std::string digits = characters;
  std::erase_if(digits, [](char c) { return c < '0' || c > '9'; });
  switch (kind) {
    case ChecksumKind::kNone:
      return true;
    case ChecksumKind::kLuhn:
      return luhn_valid(digits);
    case ChecksumKind::kMod97:
      return iban_mod97_valid(characters);
    case ChecksumKind::kVerhoeff:
      return verhoeff_valid(digits);
    case ChecksumKind::kMod11_10:
      return mod11_10_valid(digits);
  }
  return false;
}

bool within_limits(const FieldSpec& field, double value) {
  if (field.minimum &&
      (value < *field.minimum || (field.exclusive_minimum && value == *field.minimum))) {
    return false;
  }
  if (field.maximum &&
      (value > *field.maximum || (field.exclusive_maximum && value == *field.maximum))) {
    return false;
  }
  if (!field.multiple_of) return true;
  const double quotient = value / *field.multiple_of;
  return std::abs(quotient - std::round(quotient)) < 1e-9;
}

// "+4930123456;ext=12" (RFC 3966); a country code that is not written is not added.
std::string normalise_phone(std::string_view text) {
  const size_t extension = std::min(text.find_first_of("exEX"), text.size());
  std::string number = text.find('+') < extension ? "+" : "";
  number += compact(text.substr(0, extension));
  if (number.starts_with("00")) number.replace(0, 2, "+");
  const size_t first = text.find_first_of("0123456789", extension);
  if (first == std::string_view::npos) return number;
  return number + ";ext=" + std::string(text.substr(first));
}

}  // namespace

Result<bool> accepts(const FieldSpec& field, const json::value& value) {
  if (field.kind == FieldKind::kAmount) {
    const json::object& amount = value.get_object();
    const std::string_view currency = amount.at("currency").get_string();
    const bool known = field.currencies.empty() ||
                       std::find(field.currencies.begin(), field.currencies.end(), currency) !=
                           field.currencies.end();
    return known && within_limits(field, amount.at("value").to_number<double>());
  }
  if (value.is_number()) {
    if (field.kind == FieldKind::kInteger && !value.is_int64()) return false;
    return within_limits(field, value.to_number<double>());
  }
  if (!value.is_string()) return true;
  const std::string_view text = value.get_string();
  const size_t length = count_code_points(text);
  if (length < field.min_length.value_or(0) || length > field.max_length.value_or(SIZE_MAX)) {
    return false;
  }
  if (!checksum_holds(field.checksum, text)) return false;
  if (!field.pattern) return true;
  return field.pattern->occurs_in(text);
}

std::optional<std::string> normalise_detected(const FieldSpec& field, std::string_view text) {
  switch (field.detected) {
    case PiiType::kEmail:
    case PiiType::kMacAddress:
      return std::string(text);
    case PiiType::kUrl:
      if (text.find("://") == std::string_view::npos) return std::nullopt;  // no scheme, no URI
      return std::string(text);
    case PiiType::kIpAddress: {
      const bool is_v6 = text.find(':') != std::string_view::npos;
      if (is_v6 != (field.format == "ipv6")) return std::nullopt;
      return std::string(text);
    }
    case PiiType::kPhone:
      return normalise_phone(text);
    default:
      return compact(text);
  }
}

}  // namespace ganglion
