// What a text given as an argument must be, as checks of CLI11: a wrong one is a usage error.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "text/utf8.h"

namespace ganglion {

inline CLI::Validator valid_utf8() {
  const auto check = [](const std::string& text) -> std::string {
    const size_t invalid = find_invalid_utf8(text);
    if (invalid == std::string::npos) return {};
    return fmt::format("not valid UTF-8 at byte {}", invalid + 1);
  };
  return {check, ""};
}

// For transform(), not check(): CLI11 reads "-1" as 2^64 - 1 and "010" as 8. Decimal digits only.
inline CLI::Validator whole_number(uint64_t least, uint64_t most) {
  const auto check = [least, most](std::string& text) -> std::string {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
      return fmt::format("expected a whole number from {} to {}, found \"{}\"", least, most, text);
    }
    text = fmt::format("{}", value);
    return {};
  };
  return {check, ""};
}

// One of `names`, in whichever case. For transform().
inline CLI::IsMember any_case(const std::vector<std::string>& names) {
  return CLI::IsMember(names, CLI::ignore_case);
}

inline CLI::Validator not_blank() {
  const auto check = [](const std::string& text) -> std::string {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string::npos ? "is empty" : "";
  };
  return {check, ""};
}

}  // namespace ganglion
