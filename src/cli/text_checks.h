// What a text given as an argument must be, as checks of CLI11: a wrong one is a usage error.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <string>

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

inline CLI::Validator not_blank() {
  const auto check = [](const std::string& text) -> std::string {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string::npos ? "is empty" : "";
  };
  return {check, ""};
}

}  // namespace ganglion
