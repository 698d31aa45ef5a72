// Whether standard output is a terminal that wants colours, and the few styles in use.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace ganglion {

// False for files and pipes, and where NO_COLOR is set (https://no-color.org).
inline bool stdout_takes_colour() {
  const char* const no_colour = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

// Text in an ANSI style such as "1" (bold), "2" (dim), "31" (red), "32" (green), "33" (yellow).
inline std::string styled(std::string_view text, std::string_view code, bool use_colour) {
  return use_colour ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

}  // namespace ganglion
