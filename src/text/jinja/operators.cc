#include "text/jinja/operators.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "text/jinja/print.h"
#include "text/jinja/printf.h"
#include "text/jinja/text_search.h"

namespace ganglion::jinja {
namespace {

Error beyond_64_bits() { return fail(ErrorCode::kLimit, "a whole number is beyond 64 bits"); }

Error division_by_zero() { return fail(ErrorCode::kInvalidArgument, "division by zero"); }

double floor_modulo(double left, double right) {
  const double rest = std::fmod(left, right);
  if (rest == 0) return std::copysign(0.0, right);
  return (rest < 0) != (right < 0) ? rest + right : rest;
}

Result<Value> floor_divide(const Number& left, const Number& right) {
  if (right.real == 0) return division_by_zero();
  if (left.is_float || right.is_float) {
    return Value(std::floor((left.real - floor_modulo(left.real, right.real)) / right.real + 0.5));
  }
  if (left.whole == std::numeric_limits<int64_t>::min() && right.whole == -1) {
    return beyond_64_bits();
  }
  const int64_t quotient = left.whole / right.whole;
  const bool inexact = left.whole % right.whole != 0;
  return Value(quotient - (inexact && (left.whole < 0) != (right.whole < 0) ? 1 : 0));
}

Result<Value> modulo(const Number& left, const Number& right) {
  if (right.real == 0) return division_by_zero();
  if (left.is_float || right.is_float) return Value(floor_modulo(left.real, right.real));
  if (right.whole == -1) return Value(int64_t{0});
  const int64_t rest = left.whole % right.whole;
  return Value(rest != 0 && (rest < 0) != (right.whole < 0) ? rest + right.whole : rest);
}

Result<Value> power(const Number& left, const Number& right) {
  if (left.is_float || right.is_float || right.whole < 0) {
    if (left.real == 0 && right.real < 0) return division_by_zero();
    const double result = std::pow(left.real, right.real);
    if (std::isnan(result) || std::isinf(result)) {
      return fail(ErrorCode::kLimit, "the result of ** is no finite real number");
    }
    return Value(result);
  }
  int64_t result = 1;
  int64_t base = left.whole;
  for (int64_t exponent = right.whole; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) {
      return beyond_64_bits();
    }
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) return beyond_64_bits();
  }
  return Value(result);
}

Result<Value> calculate_numbers(std::string_view operation, const Number& left,
                                const Number& right) {
  if (operation == "//") return floor_divide(left, right);
  if (operation == "%") return modulo(left, right);
  if (operation == "**") return power(left, right);
  if (operation == "/") {
    if (right.real == 0) return division_by_zero();
    return Value(left.real / right.real);
  }
  if (left.is_float || right.is_float) {
    return Value(operation == "+"   ? left.real + right.real
                 : operation == "-" ? left.real - right.real
                                    : left.real * right.real);
  }
  int64_t result = 0;
  const bool overflow = operation == "+" ? __builtin_add_overflow(left.whole, right.whole, &result)
                        : operation == "-"
                            ? __builtin_sub_overflow(left.whole, right.whole, &result)
                            : __builtin_mul_overflow(left.whole, right.whole, &result);
  if (overflow) return beyond_64_bits();
  return Value(result);
}

Result<Value> repeat(Runtime& runtime, const Value& value, int64_t count) {
  const uint64_t times = count > 0 ? static_cast<uint64_t>(count) : 0;
  constexpr uint64_t kMost = uint64_t{1} << 32;
  if (times > kMost) return fail(ErrorCode::kLimit, "something is repeated {} times", times);
  if (const MarkedText* text = value.text()) {
    GANGLION_TRY(runtime.charge_bytes(text->size() * times));
    MarkedText result;
    for (uint64_t i = 0; i < times && !text->empty(); ++i) result.append(*text);
    return Value(std::move(result));
  }
  const List* list = value.list();
  GANGLION_TRY(runtime.charge_bytes(list->items.size() * times * sizeof(Value)));
  std::vector<Value> items;
  for (uint64_t i = 0; i < times && !list->items.empty(); ++i) {
    items.insert(items.end(), list->items.begin(), list->items.end());
  }
  return runtime.list(std::move(items), list->kind);
}

bool is_repeatable(const Value& value) {
  return value.text() != nullptr ||
         (value.list() != nullptr && value.list()->kind != ListKind::kGenerator);
}

Result<Value> concatenate(Runtime& runtime, const Value& left, const Value& right) {
  GANGLION_ASSIGN(MarkedText text, printed(runtime, left));
  GANGLION_TRY(append_printed(runtime, right, text));
  return runtime.text(std::move(text));
}

bool is_number_pair(const Value& left, const Value& right) {
  return number_of(left).has_value() && number_of(right).has_value();
}

}  // namespace

std::optional<Number> number_of(const Value& value) {
  if (const bool* flag = value.get<bool>()) return Number{false, *flag, *flag ? 1.0 : 0.0};
  if (const int64_t* number = value.get<int64_t>()) {
    return Number{false, *number, static_cast<double>(*number)};
  }
  if (const double* number = value.get<double>()) return Number{true, 0, *number};
  return std::nullopt;
}

bool is_true(const Value& value) {
  if (value.is_undefined() || value.is_none()) return false;
  if (const auto number = number_of(value)) return number->real != 0;
  if (const MarkedText* text = value.text()) return !text->empty();
  if (const List* list = value.list()) {
    return list->kind == ListKind::kGenerator || !list->items.empty();
  }
  if (const Dict* dict = value.dict()) return !dict->members().empty();
  return true;
}

Error undefined_error(const Value& value) {
  const auto& reason = value.get<Undefined>()->reason;
  return fail(ErrorCode::kInvalidArgument, "{}",
              reason == nullptr ? std::string_view("a value is undefined") : *reason);
}

Result<Value> calculate(Runtime& runtime, std::string_view operation, const Value& left,
                        const Value& right) {
  if (left.is_undefined()) return undefined_error(left);
  if (operation == "%" && left.text() != nullptr)
    return format_printf(runtime, *left.text(), right);
  if (right.is_undefined()) return undefined_error(right);
  if (is_number_pair(left, right)) {
    return calculate_numbers(operation, *number_of(left), *number_of(right));
  }
  if (operation == "+") {
    const bool left_is_text = left.text() != nullptr;
    const bool right_is_text = right.text() != nullptr;
    if ((left_is_text && right_is_text) ||
        (!runtime.is_python() && (left_is_text || right_is_text))) {
      return concatenate(runtime, left, right);
    }
    if (left.list() != nullptr && right.list() != nullptr &&
        (left.list()->kind == right.list()->kind || !runtime.is_python()) &&
        left.list()->kind != ListKind::kGenerator) {
      std::vector<Value> items = left.list()->items;
      items.insert(items.end(), right.list()->items.begin(), right.list()->items.end());
      return runtime.list(std::move(items), left.list()->kind);
    }
  }
  if (operation == "*") {
    const auto count = number_of(right);
    if (count && !count->is_float && is_repeatable(left))
      return repeat(runtime, left, count->whole);
    const auto times = number_of(left);
    if (times && !times->is_float && is_repeatable(right)) {
      return repeat(runtime, right, times->whole);
    }
  }
  return fail(ErrorCode::kInvalidArgument, "{} does not work on {} and {}; ~ joins as text",
              operation, type_name(left), type_name(right));
}

Result<Value> negate(const Value& value) {
  if (value.is_undefined()) return undefined_error(value);
  const auto number = number_of(value);
  if (!number) {
    return fail(ErrorCode::kInvalidArgument, "- does not work on {}", type_name(value));
  }
  if (number->is_float) return Value(-number->real);
  int64_t result = 0;
  if (__builtin_sub_overflow(int64_t{0}, number->whole, &result)) return beyond_64_bits();
  return Value(result);
}

namespace {

Result<bool> are_lists_equal(Runtime& runtime, const List& left, const List& right) {
  if (&left == &right) return true;
  if (left.kind != right.kind || left.kind == ListKind::kGenerator) return false;
  if (left.items.size() != right.items.size()) return false;
  for (size_t i = 0; i < left.items.size(); ++i) {
    GANGLION_ASSIGN(const bool equal, are_equal(runtime, left.items[i], right.items[i]));
    if (!equal) return false;
  }
  return true;
}

Result<bool> are_dicts_equal(Runtime& runtime, const Dict& left, const Dict& right) {
  if (left.members().size() != right.members().size()) return false;
  for (const Dict::Member& member : left.members()) {
    const Value* other = right.find(member.first);
    if (other == nullptr) return false;
    GANGLION_ASSIGN(const bool equal, are_equal(runtime, member.second, *other));
    if (!equal) return false;
  }
  return true;
}

}  // namespace

Result<bool> are_equal(Runtime& runtime, const Value& left, const Value& right) {
  GANGLION_TRY(runtime.charge_steps(1));
  if (is_number_pair(left, right)) {
    const Number a = *number_of(left);
    const Number b = *number_of(right);
    return a.is_float || b.is_float ? a.real == b.real : a.whole == b.whole;
  }
  if (left.text() != nullptr && right.text() != nullptr) {
    GANGLION_TRY(runtime.charge_steps(left.text()->size() / 64));
    return left.text()->text() == right.text()->text();
  }
  if (left.list() != nullptr && right.list() != nullptr) {
    return are_lists_equal(runtime, *left.list(), *right.list());
  }
  if (left.dict() != nullptr && right.dict() != nullptr) {
    return are_dicts_equal(runtime, *left.dict(), *right.dict());
  }
  if (left.is_undefined() || left.is_none()) {
    return left.is_none() ? right.is_none() : right.is_undefined();
  }
  if (left.get<Namespace*>() != nullptr && right.get<Namespace*>() != nullptr) {
    return *left.get<Namespace*>() == *right.get<Namespace*>();
  }
  return false;
}

Result<bool> is_less(Runtime& runtime, const Value& left, const Value& right) {
  GANGLION_TRY(runtime.charge_steps(1));
  if (left.is_undefined()) return undefined_error(left);
  if (right.is_undefined()) return undefined_error(right);
  if (is_number_pair(left, right)) {
    const Number a = *number_of(left);
    const Number b = *number_of(right);
    return a.is_float || b.is_float ? a.real < b.real : a.whole < b.whole;
  }
  if (left.text() != nullptr && right.text() != nullptr) {
    GANGLION_TRY(runtime.charge_steps(left.text()->size() / 64));
    return left.text()->text() < right.text()->text();
  }
  const List* a = left.list();
  const List* b = right.list();
  if (a != nullptr && b != nullptr && a->kind == b->kind && a->kind != ListKind::kGenerator) {
    for (size_t i = 0; i < std::min(a->items.size(), b->items.size()); ++i) {
      GANGLION_ASSIGN(const bool equal, are_equal(runtime, a->items[i], b->items[i]));
      if (!equal) return is_less(runtime, a->items[i], b->items[i]);
    }
    return a->items.size() < b->items.size();
  }
  return fail(ErrorCode::kInvalidArgument, "{} and {} have no order", type_name(left),
              type_name(right));
}

Result<bool> contains(Runtime& runtime, const Value& container, const Value& element) {
  if (container.is_undefined()) return false;
  if (const MarkedText* text = container.text()) {
    if (element.is_undefined() && !runtime.is_python()) return false;
    if (element.text() == nullptr) {
      return fail(ErrorCode::kInvalidArgument, "\"in\" a text needs a text, found {}",
                  type_name(element));
    }
    GANGLION_TRY(runtime.charge_steps(text->size() / 64));
    return find_text(text->text(), element.text()->text(), 0) != std::string::npos;
  }
  if (const Dict* dict = container.dict()) return dict->find(element) != nullptr;
  const List* list = container.list();
  if (list == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "\"in\" does not work on {}", type_name(container));
  }
  if (list->kind == ListKind::kGenerator && std::exchange(list->consumed, true)) return false;
  for (const Value& item : list->items) {
    // JavaScript compares strictly here: true is not 1.
    if (!runtime.is_python() && item.is<bool>() != element.is<bool>()) continue;
    GANGLION_ASSIGN(const bool equal, are_equal(runtime, item, element));
    if (equal) return true;
  }
  return false;
}

Result<bool> compare(Runtime& runtime, std::string_view operation, const Value& left,
                     const Value& right) {
  if (operation == "==") return are_equal(runtime, left, right);
  if (operation == "in") return contains(runtime, right, left);
  const bool swapped = operation == ">" || operation == "<=";
  Result<bool> result = operation == "!="       ? are_equal(runtime, left, right)
                        : operation == "not in" ? contains(runtime, right, left)
                        : swapped               ? is_less(runtime, right, left)
                                                : is_less(runtime, left, right);
  if (!result.ok() || operation == "<" || operation == ">") return result;
  return !*result;
}

}  // namespace ganglion::jinja
