// Checks of the keyword "format".
#pragma once

#include <string_view>

namespace ganglion::json_schema {

// Linear in the length of the text, which is valid UTF-8.
using FormatCheck = bool (*)(std::string_view text);

// Null for a name that is not checked; JsonSchemaOptions lists those that are.
FormatCheck find_format(std::string_view name);

}  // namespace ganglion::json_schema
