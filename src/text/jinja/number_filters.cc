// Filters that make numbers.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "text/jinja/access.h"
#include "text/jinja/builtins.h"
#include "text/jinja/lexer.h"
#include "text/jinja/operators.h"

namespace ganglion::jinja {
namespace {

Result<Value> absolute(Runtime&, const Value& self, const BoundArguments&) {
  const auto number = number_of(self);
  if (!number) return fail(ErrorCode::kInvalidArgument, "abs of {}", type_name(self));
  if (number->is_float) return Value(std::abs(number->real));
  return number->whole < 0 ? negate(self) : Result<Value>(Value(number->whole));
}

// Without spaces around, a sign "+", and underscores between digits.
std::string plain_digits(std::string_view text) {
  text = text.substr(0, trimmed_end(text));
  text.remove_prefix(skip_spaces(text, 0));
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return std::string(text);
}

std::optional<int64_t> read_whole(std::string_view text, int base) {
  std::string digits = plain_digits(text);
  const bool negative = digits.starts_with("-");
  const size_t begin = negative ? 1 : 0;
  const std::string prefix = digits.substr(begin, 2);
  if ((base == 16 && (prefix == "0x" || prefix == "0X")) ||
      (base == 8 && (prefix == "0o" || prefix == "0O")) ||
      (base == 2 && (prefix == "0b" || prefix == "0B"))) {
    digits.erase(begin, 2);
  }
  int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

std::optional<double> read_float(std::string_view text) {
  const std::string digits = plain_digits(text);
  if (digits.empty() || digits.find_first_of("xX") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  if (end != digits.c_str() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> float_of(const Value& value) {
  if (const auto number = number_of(value)) return number->real;
  if (const MarkedText* text = value.text()) return read_float(text->text());
  return std::nullopt;
}

Result<Value> to_int(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  if (self.is_undefined() && runtime.is_python()) return undefined_error(self);
  const Value otherwise = arguments[0] == nullptr ? Value(int64_t{0}) : *arguments[0];
  GANGLION_ASSIGN(const int64_t base, arguments.whole(1, 10));
  if (base < 2 || base > 36) return fail(ErrorCode::kInvalidArgument, "int() with base {}", base);
  const auto number = number_of(self);
  if (number && !number->is_float) return Value(number->whole);
  if (const MarkedText* text = self.text()) {
    if (const auto whole = read_whole(text->text(), static_cast<int>(base))) return Value(*whole);
  }
  const auto real = float_of(self);
  constexpr double kMost = 9.2e18;
  if (!real || !std::isfinite(*real)) return otherwise;
  if (std::abs(*real) > kMost) {
    return fail(ErrorCode::kLimit, "a whole number is beyond 64 bits");
  }
  return Value(static_cast<int64_t>(*real));
}

Result<Value> to_float(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  if (self.is_undefined() && runtime.is_python()) return undefined_error(self);
  if (const auto real = float_of(self)) return Value(*real);
  return arguments[0] == nullptr ? Value(0.0) : *arguments[0];
}

// As Python's round(): to the nearest, of the exact value, ties to even.
double round_common(double value, int64_t precision) {
  if (precision < 0) {
    const double scale = std::pow(10.0, static_cast<double>(-precision));
    return std::nearbyint(value / scale) * scale;
  }
  return std::strtod(fmt::format("{:.{}f}", value, precision).c_str(), nullptr);
}

Result<Value> round(Runtime&, const Value& self, const BoundArguments& arguments) {
  const auto number = number_of(self);
  if (!number) return fail(ErrorCode::kInvalidArgument, "round of {}", type_name(self));
  GANGLION_ASSIGN(const int64_t precision, arguments.whole(0, 0));
  GANGLION_ASSIGN(const MarkedText* given_method, arguments.text(1));
  const std::string method = given_method == nullptr ? "common" : given_method->text();
  if (precision < -300 || precision > 300) {
    return fail(ErrorCode::kLimit, "round to {} digits", precision);
  }
  if (!std::isfinite(number->real)) return Value(number->real);
  if (method == "common") {
    if (!number->is_float && precision >= 0) return Value(number->whole);
    return Value(round_common(number->real, precision));
  }
  if (method != "ceil" && method != "floor") {
    return fail(ErrorCode::kInvalidArgument, "round method \"{}\"; expected common, ceil or floor",
                method);
  }
  const double scale = std::pow(10.0, static_cast<double>(precision));
  const double scaled = number->real * scale;
  return Value((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale);
}

Result<Value> sum(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const std::vector<Value> items, elements_of(runtime, self));
  Value total = arguments[1] == nullptr ? Value(int64_t{0}) : *arguments[1];
  for (const Value& item : items) {
    Value element = item;
    if (arguments[0] != nullptr && !arguments[0]->is_none()) {
      GANGLION_ASSIGN(element, get_path(runtime, item, *arguments[0]));
    }
    GANGLION_ASSIGN(total, calculate(runtime, "+", total, element));
  }
  return total;
}

constexpr Builtin kFilters[] = {
    {"abs", absolute},
    {"int", to_int, {"default", "base"}},
    {"float", to_float, {"default"}},
    {"round", round, {"precision", "method"}},
    {"sum", sum, {"attribute", "start"}},
};

}  // namespace

std::span<const Builtin> number_filters() { return kFilters; }

}  // namespace ganglion::jinja
