// Words for messages.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "text/json.h"

namespace ganglion::json_schema {

// The value, if it is short; else what kind it is: "42", "\"abc\"", "an object with 3 members".
std::string describe(const json::value& value);

// "a", "b" and "c"; of a long list the beginning and how many follow.
std::string quoted_list(std::span<const std::string> names);

// 1 member, 2 members.
std::string counted(uint64_t count, std::string_view singular);

}  // namespace ganglion::json_schema
