// Members, elements and slices of values.
#pragma once

#include <string_view>

#include "base/result.h"
#include "text/jinja/runtime.h"

namespace ganglion::jinja {

// object.name: in Python methods come before members. Undefined where there is none; an error when
// `object` itself is undefined.
Result<Value> get_attribute(Runtime& runtime, const Value& object, std::string_view name);

// object[key]: members and elements, then methods.
Result<Value> get_item(Runtime& runtime, const Value& object, const Value& key);

// object[begin:end:step]; None for what is left out.
Result<Value> get_slice(Runtime& runtime, const Value& object, const Value& begin, const Value& end,
                        const Value& step);

// "a.b.0": one member after another, as map(attribute=…) and its kin take it. A whole number is an
// index.
Result<Value> get_path(Runtime& runtime, const Value& object, const Value& path);

}  // namespace ganglion::jinja
