// Values of extracted fields: whether they fit the schema, and their normal form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "skills/extract_schema.h"
#include "text/json.h"

namespace ganglion {

// Whether the value, of the kind that the field has, is valid against the field's part of the
// schema: limits, length, checksum, pattern. kLimit when the pattern takes too long.
Result<bool> accepts(const FieldSpec& field, const json::value& value);

// The normal form of what a detector found, or nothing when the format wants another one.
std::optional<std::string> normalise_detected(const FieldSpec& field, std::string_view text);

}  // namespace ganglion
