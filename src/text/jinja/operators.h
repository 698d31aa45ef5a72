// What the operators of expressions do. kInvalidArgument where the types do not fit.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "text/jinja/runtime.h"

namespace ganglion::jinja {

// A whole number or a float; booleans count as 0 and 1.
struct Number {
  bool is_float = false;
  int64_t whole = 0;
  double real = 0;  // of whole numbers too
};
std::optional<Number> number_of(const Value& value);

// Python's bool().
bool is_true(const Value& value);

// + - * / // % **. Whole numbers beyond 64 bits are kLimit.
Result<Value> calculate(Runtime& runtime, std::string_view operation, const Value& left,
                        const Value& right);
Result<Value> negate(const Value& value);

Result<bool> are_equal(Runtime& runtime, const Value& left, const Value& right);
// `left` < `right`, for numbers, texts and lists.
Result<bool> is_less(Runtime& runtime, const Value& left, const Value& right);
// == != < <= > >= in "not in".
Result<bool> compare(Runtime& runtime, std::string_view operation, const Value& left,
                     const Value& right);
Result<bool> contains(Runtime& runtime, const Value& container, const Value& element);

// "'x' is undefined", for a value that is undefined.
Error undefined_error(const Value& value);

}  // namespace ganglion::jinja
