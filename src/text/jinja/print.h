// Values as text.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "text/jinja/runtime.h"

namespace ganglion::jinja {

// What {{ value }} prints: str() of Python, or what @huggingface/jinja prints.
Status append_printed(Runtime& runtime, const Value& value, MarkedText& out);
Result<MarkedText> printed(Runtime& runtime, const Value& value);

struct JsonStyle {
  bool ascii_only = false;
  bool sorts_keys = false;
  std::optional<std::string> indent;  // of one level; without it everything is on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

// json.dumps(). kInvalidArgument for what JSON lacks.
Status append_json(Runtime& runtime, const Value& value, const JsonStyle& style, MarkedText& out);

// repr() of Python: 1.0, 0.1, 1e+16, inf.
std::string format_float(double value);

}  // namespace ganglion::jinja
