// Template source to a program.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "text/jinja/syntax.h"

namespace ganglion::jinja {

// `source` is normalized, valid UTF-8. Messages begin with "line:column: ". kMalformed for syntax
// errors, kUnsupported for statements this interpreter lacks, kLimit for nesting too deep.
Result<std::shared_ptr<const Program>> parse_program(std::string source, std::string_view name);

}  // namespace ganglion::jinja
