// The formatting of Python's "%s" % value and "{}".format(value).
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "text/jinja/runtime.h"

namespace ganglion::jinja {

struct CallArguments;

// `values` is a tuple, a dict (for "%(name)s") or one value. %s %r %d %i %f %e %g %x %X %o %c %%,
// with flags, width and precision below 1000. kInvalidArgument for what does not fit.
Result<Value> format_printf(Runtime& runtime, const MarkedText& format, const Value& values);

// "{}", "{0}", "{name}" without format specification; others are kUnsupported.
Result<Value> format_braces(Runtime& runtime, const MarkedText& format,
                            const CallArguments& arguments);

}  // namespace ganglion::jinja
