// What stands behind "is".
#include <limits>

#include "text/jinja/builtins.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/jinja/text_operations.h"

namespace ganglion::jinja {
namespace {

Result<Value> defined(Runtime&, const Value& self, const BoundArguments&) {
  return Value(!self.is_undefined());
}
Result<Value> not_defined(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.is_undefined());
}
Result<Value> none(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.is_none());
}
Result<Value> boolean(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.is<bool>());
}
Result<Value> is_exactly_true(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.is<bool>() && *self.get<bool>());
}
Result<Value> is_exactly_false(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.is<bool>() && !*self.get<bool>());
}
Result<Value> integer(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.is<int64_t>());
}
Result<Value> is_float(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.is<double>());
}
Result<Value> number(Runtime& runtime, const Value& self, const BoundArguments&) {
  return Value(number_of(self).has_value() && (runtime.is_python() || !self.is<bool>()));
}
Result<Value> string(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.text() != nullptr);
}
Result<Value> mapping(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.dict() != nullptr);
}
Result<Value> iterable(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.text() != nullptr || self.dict() != nullptr || self.list() != nullptr ||
               self.is_undefined());
}
Result<Value> sequence(Runtime&, const Value& self, const BoundArguments&) {
  const bool list = self.list() != nullptr && self.list()->kind != ListKind::kGenerator;
  return Value(list || self.text() != nullptr || self.dict() != nullptr || self.is_undefined());
}
Result<Value> callable(Runtime& runtime, const Value& self, const BoundArguments&) {
  // Jinja's undefined can be called, and then fails.
  return Value(self.is_callable() || (self.is_undefined() && runtime.is_python()));
}

Result<Value> lower(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  const std::string lowered = lower_text(text).text();
  return Value(lowered == text.text() && upper_text(text).text() != lowered);
}
Result<Value> upper(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  const std::string raised = upper_text(text).text();
  return Value(raised == text.text() && lower_text(text).text() != raised);
}

Result<Value> divides(Runtime& runtime, const Value& self, const Value& divisor, int64_t rest) {
  GANGLION_ASSIGN(const Value modulo, calculate(runtime, "%", self, divisor));
  GANGLION_ASSIGN(const bool equal, are_equal(runtime, modulo, Value(rest)));
  return Value(equal);
}
Result<Value> odd(Runtime& runtime, const Value& self, const BoundArguments&) {
  return divides(runtime, self, Value(int64_t{2}), 1);
}
Result<Value> even(Runtime& runtime, const Value& self, const BoundArguments&) {
  return divides(runtime, self, Value(int64_t{2}), 0);
}
Result<Value> divisibleby(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return divides(runtime, self, *arguments[0], 0);
}

Result<Value> compared(Runtime& runtime, std::string_view operation, const Value& self,
                       const BoundArguments& arguments) {
  GANGLION_ASSIGN(const bool result, compare(runtime, operation, self, *arguments[0]));
  return Value(result);
}
Result<Value> equal(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return compared(runtime, "==", self, arguments);
}
Result<Value> unequal(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return compared(runtime, "!=", self, arguments);
}
Result<Value> less(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return compared(runtime, "<", self, arguments);
}
Result<Value> at_most(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return compared(runtime, "<=", self, arguments);
}
Result<Value> greater(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return compared(runtime, ">", self, arguments);
}
Result<Value> at_least(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return compared(runtime, ">=", self, arguments);
}
Result<Value> in(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return compared(runtime, "in", self, arguments);
}

Result<Value> filter_exists(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.text() != nullptr && find_filter(self.text()->text()) != nullptr);
}
Result<Value> test_exists(Runtime&, const Value& self, const BoundArguments&) {
  return Value(self.text() != nullptr && find_condition(self.text()->text()) != nullptr);
}

constexpr Builtin kConditions[] = {
    {"defined", defined},
    {"undefined", not_defined},
    {"none", none},
    {"boolean", boolean},
    {"true", is_exactly_true},
    {"false", is_exactly_false},
    {"integer", integer},
    {"float", is_float},
    {"number", number},
    {"string", string},
    {"mapping", mapping},
    {"iterable", iterable},
    {"sequence", sequence},
    {"callable", callable},
    {"lower", lower},
    {"upper", upper},
    {"odd", odd},
    {"even", even},
    {"divisibleby", divisibleby, {"num"}, 1},
    {"equalto", equal, {"other"}, 1},
    {"eq", equal, {"other"}, 1},
    {"==", equal, {"other"}, 1},
    {"ne", unequal, {"other"}, 1},
    {"!=", unequal, {"other"}, 1},
    {"lt", less, {"other"}, 1},
    {"lessthan", less, {"other"}, 1},
    {"<", less, {"other"}, 1},
    {"le", at_most, {"other"}, 1},
    {"<=", at_most, {"other"}, 1},
    {"gt", greater, {"other"}, 1},
    {"greaterthan", greater, {"other"}, 1},
    {">", greater, {"other"}, 1},
    {"ge", at_least, {"other"}, 1},
    {">=", at_least, {"other"}, 1},
    {"in", in, {"seq"}, 1},
    {"filter", filter_exists},
    {"test", test_exists},
};

}  // namespace

std::span<const Builtin> conditions() { return kConditions; }

}  // namespace ganglion::jinja
