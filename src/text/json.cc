#include "text/json.h"

#include <algorithm>
#include <cmath>

#include "text/utf8.h"

namespace ganglion {
namespace {

// Where a text comes from.
struct Source {
  std::string_view name;
  uint64_t first_line;
};

// "file:line:column" of a byte offset, both counted from 1; the column counts bytes.
std::string place_of(std::string_view text, const Source& source, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line_breaks = static_cast<uint64_t>(std::count(before.begin(), before.end(), '\n'));
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("{}:{}:{}", source.name, source.first_line + line_breaks,
                     offset - line_start + 1);
}

Result<const json::value*> find_member(const json::object& object, std::string_view key,
                                       std::string_view expected) {
  const json::value* member = object.if_contains(key);
  if (member == nullptr) {
    return fail(ErrorCode::kMalformed, "member \"{}\" is missing, expected {}", key, expected);
  }
  return member;
}

void append_json(std::string& text, const json::value& value);

void append_array(std::string& text, const json::array& array) {
  text += '[';
  for (const json::value& element : array) {
    if (&element != &array.front()) text += ',';
    append_json(text, element);
  }
  text += ']';
}

void append_object(std::string& text, const json::object& object) {
  text += '{';
  bool is_first = true;
  for (const json::key_value_pair& member : object) {
    if (!is_first) text += ',';
    is_first = false;
    text += json::serialize(json::string_view(member.key()));
    text += ':';
    append_json(text, member.value());
  }
  text += '}';
}

void append_json(std::string& text, const json::value& value) {
  switch (value.kind()) {
    case json::kind::array:
      return append_array(text, value.get_array());
    case json::kind::object:
      return append_object(text, value.get_object());
    case json::kind::double_: {
      const double number = value.get_double();
      text += std::isfinite(number) ? fmt::format("{}", number) : "null";
      return;
    }
    default:
      text += json::serialize(value);
  }
}

Error wrong_kind(std::string_view key, std::string_view expected, const json::value& member) {
  return fail(ErrorCode::kMalformed, "member \"{}\": expected {}, found {}", key, expected,
              json_kind_name(member.kind()));
}

Result<json::value> parse(std::string_view text, const Source& source, const JsonLimits& limits) {
  const size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string_view::npos) {
    return fail(ErrorCode::kMalformed, "{}: not valid UTF-8; save the file as UTF-8",
                place_of(text, source, invalid));
  }
  json::parse_options options;
  options.max_depth = limits.max_depth;
  json::stream_parser parser({}, options);
  boost::system::error_code error;
  const size_t parsed = parser.write_some(text.data(), text.size(), error);
  if (!error && parsed < text.size()) {
    const size_t rest = text.find_first_not_of(" \t\r\n", parsed);
    if (rest != std::string_view::npos) {
      return fail(ErrorCode::kMalformed, "{}: unexpected text after the JSON value",
                  place_of(text, source, rest));
    }
  }
  if (!error) parser.finish(error);
  if (error) {
    return fail(ErrorCode::kMalformed, "{}: not valid JSON: {}",
                place_of(text, source, std::min(parsed, text.size())), error.message());
  }
  return parser.release();
}

}  // namespace

Result<json::value> parse_json(std::string_view text, std::string_view source_name,
                               const JsonLimits& limits) {
  return parse(text, {source_name, 1}, limits);
}

Result<json::value> parse_json_line(std::string_view text, std::string_view source_name,
                                    uint64_t line) {
  return parse(text, {source_name, line}, {});
}

Result<std::string_view> json_string(const json::object& object, std::string_view key) {
  GANGLION_ASSIGN(const json::value* member, find_member(object, key, "a string"));
  if (!member->is_string()) return wrong_kind(key, "a string", *member);
  return std::string_view(member->get_string());
}

Result<double> json_number(const json::object& object, std::string_view key) {
  GANGLION_ASSIGN(const json::value* member, find_member(object, key, "a number"));
  if (!member->is_number()) return wrong_kind(key, "a number", *member);
  return member->to_number<double>();
}

Result<int64_t> json_integer(const json::object& object, std::string_view key) {
  GANGLION_ASSIGN(const json::value* member, find_member(object, key, "an integer"));
  boost::system::error_code inexact;
  const auto number = member->is_number() ? member->to_number<int64_t>(inexact) : 0;
  if (!member->is_number() || inexact) return wrong_kind(key, "a 64-bit integer", *member);
  return number;
}

Result<bool> json_bool(const json::object& object, std::string_view key) {
  GANGLION_ASSIGN(const json::value* member, find_member(object, key, "true or false"));
  if (!member->is_bool()) return wrong_kind(key, "true or false", *member);
  return member->get_bool();
}

Result<const json::object*> json_object(const json::object& object, std::string_view key) {
  GANGLION_ASSIGN(const json::value* member, find_member(object, key, "an object"));
  if (!member->is_object()) return wrong_kind(key, "an object", *member);
  return &member->get_object();
}

Result<const json::array*> json_array(const json::object& object, std::string_view key) {
  GANGLION_ASSIGN(const json::value* member, find_member(object, key, "an array"));
  if (!member->is_array()) return wrong_kind(key, "an array", *member);
  return &member->get_array();
}

std::string to_json_text(const json::value& value) {
  std::string text;
  append_json(text, value);
  return text;
}

std::string_view json_kind_name(json::kind kind) {
  switch (kind) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "true or false";
    case json::kind::int64:
    case json::kind::uint64:
      return "an integer";
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "unknown";
}

}  // namespace ganglion
