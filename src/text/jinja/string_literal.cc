#include "text/jinja/string_literal.h"

#include <algorithm>

#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

// Reads `count` hexadecimal digits at `position` and passes over them.
Result<char32_t> read_hex(std::string_view literal, size_t& position, size_t count) {
  char32_t value = 0;
  for (size_t i = 0; i < count; ++i, ++position) {
    if (position >= literal.size() || digit_value(literal[position]) > 15) {
      return fail(ErrorCode::kMalformed, "an escape needs {} hexadecimal digits", count);
    }
    value = value * 16 + static_cast<char32_t>(digit_value(literal[position]));
  }
  if (value > 0x10FFFF) return fail(ErrorCode::kMalformed, "an escape is beyond U+10FFFF");
  return value;
}

bool is_high_surrogate(char32_t value) { return value >= 0xD800 && value < 0xDC00; }
bool is_low_surrogate(char32_t value) { return value >= 0xDC00 && value < 0xE000; }

Status append_hex(std::string_view literal, size_t& position, size_t count, std::string& text) {
  GANGLION_ASSIGN(char32_t value, read_hex(literal, position, count));
  if (is_high_surrogate(value) && literal.substr(position).starts_with("\\u")) {
    size_t next = position + 2;
    const auto low = read_hex(literal, next, 4);
    if (low.ok() && is_low_surrogate(*low)) {
      value = 0x10000 + ((value - 0xD800) << 10) + (*low - 0xDC00);
      position = next;
    }
  }
  append_utf8(text, value);
  return {};
}

void append_octal(std::string_view literal, size_t& position, std::string& text) {
  char32_t value = 0;
  for (size_t i = 0; i < 3 && position < literal.size() && digit_value(literal[position]) < 8;
       ++i, ++position) {
    value = value * 8 + static_cast<char32_t>(digit_value(literal[position]));
  }
  append_utf8(text, value);
}

}  // namespace

Result<std::string> unescape(std::string_view literal) {
  constexpr std::string_view kLetters = "abfnrtv\\'\"";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
  std::string text;
  size_t position = 0;
  while (position < literal.size()) {
    const size_t escape = std::min(literal.find('\\', position), literal.size());
    text += literal.substr(position, escape - position);
    position = escape + 1;
    if (position >= literal.size()) break;
    const char letter = literal[position];
    const size_t known = kLetters.find(letter);
    if (known != std::string_view::npos) {
      text += kMeanings[known];
      ++position;
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
      ++position;
      GANGLION_TRY(append_hex(literal, position, letter == 'x' ? 2 : letter == 'u' ? 4 : 8, text));
    } else if (digit_value(letter) < 8) {
      append_octal(literal, position, text);
    } else if (letter == 'N') {
      return fail(ErrorCode::kMalformed, "\\N{{name}} is not supported; write \\u and its number");
    } else if (letter == '\n') {
      ++position;
    } else {
      text += '\\';
    }
  }
  return text;
}

}  // namespace ganglion::jinja
