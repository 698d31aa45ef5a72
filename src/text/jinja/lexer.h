// Template source to tokens, with Jinja's whitespace control (trim_blocks, lstrip_blocks).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion::jinja {

enum class TokenType : uint8_t {
  kText,  // between the tags
  kOutputBegin,
  kOutputEnd,
  kStatementBegin,
  kStatementEnd,
  kName,
  kString,  // `text` without quotes and escapes
  kInteger,
  kFloat,  // digits without underscores
  kOperator,
  kEnd,
};

struct Token {
  TokenType type = TokenType::kEnd;
  size_t offset = 0;  // in the source, bytes
  std::string text;
};

// "\r\n" and "\r" become "\n", and one newline at the end is left out.
std::string normalize_source(std::string_view source);

// Of normalized, valid UTF-8 source. The last token is kEnd. kMalformed; the messages begin with
// "line:column: ".
Result<std::vector<Token>> lex(std::string_view source);

// "3:14", both from 1, the column in code points.
std::string place_of(std::string_view source, size_t offset);

// str.isspace() of Python.
bool is_python_space(char32_t code_point);
// Byte offset of the first code point from `begin` on that is no such space; or the text's size.
size_t skip_spaces(std::string_view text, size_t begin);
// The end of `text` without the spaces at its end.
size_t trimmed_end(std::string_view text);

}  // namespace ganglion::jinja
