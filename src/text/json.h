// JSON values (Boost.JSON) with errors that name the place.
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ganglion {

namespace json = boost::json;

struct JsonLimits {
  size_t max_depth = 64;
};

// Strict RFC 8259: one value, valid UTF-8, no comments, no trailing commas; of a repeated key the
// last value counts. The error names `source_name`, line and column. kMalformed.
Result<json::value> parse_json(std::string_view text, std::string_view source_name,
                               const JsonLimits& limits = {});

// The same of one line of JSON Lines; `line` counts from 1.
Result<json::value> parse_json_line(std::string_view text, std::string_view source_name,
                                    uint64_t line);

// A member that must be there and have the type. The error names the key, what was expected and
// found.
Result<std::string_view> json_string(const json::object& object, std::string_view key);
Result<double> json_number(const json::object& object, std::string_view key);
Result<int64_t> json_integer(const json::object& object, std::string_view key);
Result<bool> json_bool(const json::object& object, std::string_view key);
Result<const json::object*> json_object(const json::object& object, std::string_view key);
Result<const json::array*> json_array(const json::object& object, std::string_view key);

// Compact JSON. Numbers are written as people write them (0.75, where Boost's serialiser
// has 7.5E-1), by the shortest digits that read back as the same number; infinities and NaN, which
// JSON lacks, become null.
std::string to_json_text(const json::value& value);

// "a string", "an object", …: for messages.
std::string_view json_kind_name(json::kind kind);

}  // namespace ganglion
