// Members of JSON objects that may be absent, for the readers of tokenizer files.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "text/json.h"

namespace ganglion {

// The member if it is there and not null.
const json::value* find_member(const json::object& object, std::string_view key);
Result<bool> bool_member_or(const json::object& object, std::string_view key, bool fallback);
Result<std::string> string_member_or(const json::object& object, std::string_view key,
                                     std::string_view fallback);
// The "type" of an object named `field`.
Result<std::string_view> type_member(const json::value& value, std::string_view field);

}  // namespace ganglion
