// The escapes of Python's string literals.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ganglion::jinja {

// The text that `literal`, what stands between the quotes, means: \n, \t, \x41, \u00e9, \U0001f600,
// \101 and the like. Unknown escapes stay as they are; surrogates that make a pair become its code
// point, others U+FFFD. kMalformed for escapes cut short and \N{name}.
Result<std::string> unescape(std::string_view literal);

}  // namespace ganglion::jinja
