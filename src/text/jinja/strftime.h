// strftime() of Python's datetime.now().
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ganglion::jinja {

// In the C locale; %z and %Z are empty, for the time has no zone. kUnsupported for a conversion
// that is not portable.
Result<std::string> format_date(std::string_view format, const std::tm& time);

}  // namespace ganglion::jinja
