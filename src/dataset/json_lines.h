// JSON Lines that are read object by object.
#pragma once

#include <functional>
#include <string_view>

#include "text/json.h"

namespace ganglion {

// `place` is "source:line", for messages. An error that it returns needs no place.
using JsonLineVisitor = std::function<Status(const json::object& object, std::string_view place)>;

// Calls `visit` for every line that is not blank, in order; a UTF-8 byte order mark is skipped.
// Ends at the first line that is no JSON object or that `visit` refuses: kMalformed or its code,
// with source and line. No object at all is an error.
Status visit_json_lines(std::string_view bytes, std::string_view source_name,
                        const JsonLineVisitor& visit);

}  // namespace ganglion
