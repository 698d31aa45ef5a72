#include "grammar/json_schema/equality.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/check.h"
#include "base/hash.h"

namespace ganglion::json_schema {
namespace {

__extension__ using Wide = unsigned __int128;

// Either a magnitude with a sign or, where `number` is set, a double that is no 64-bit integer.
struct Number {
  bool is_negative = false;
  uint64_t magnitude = 0;
  std::optional<double> number;
};

Number number_of(const json::value& value) {
  if (value.is_uint64()) return {false, value.get_uint64(), {}};
  if (value.is_int64()) {
    const int64_t integer = value.get_int64();
    const auto bits = static_cast<uint64_t>(integer);
    return {integer < 0, integer < 0 ? 0 - bits : bits, {}};
  }
  const double number = value.get_double();
  const double size = std::fabs(number);
  if (size < 0x1p64 && std::trunc(number) == number) {
    return {number < 0, static_cast<uint64_t>(size), {}};
  }
  return {std::signbit(number), 0, number};
}

// A magnitude is below 2^64; a finite double that is none of these either has a fraction, and then
// is below 2^53, or is at least 2^64.
std::partial_ordering compare_with_double(const Number& integer, double number) {
  if (std::isnan(number)) return std::partial_ordering::unordered;
  if (number >= 0x1p64) return std::partial_ordering::less;
  if (number <= -0x1p64) return std::partial_ordering::greater;
  const double whole = std::floor(number);  // whole < number < whole + 1
  const bool is_negative = whole < 0;
  const auto magnitude = static_cast<uint64_t>(std::fabs(whole));
  const bool at_most_whole =
      integer.is_negative == is_negative
          ? (is_negative ? integer.magnitude >= magnitude : integer.magnitude <= magnitude)
          : integer.is_negative;
  return at_most_whole ? std::partial_ordering::less : std::partial_ordering::greater;
}

// digits × 10^exponent.
struct Decimal {
  uint64_t digits = 0;
  int exponent = 0;
};

std::optional<Decimal> decimal_of(const json::value& value) {
  const Number number = number_of(value);
  if (!number.number) return Decimal{number.magnitude, 0};
  if (!std::isfinite(*number.number)) return std::nullopt;
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), std::fabs(*number.number),
                                 std::chars_format::scientific);
  GANGLION_ASSERT(end.ec == std::errc());
  Decimal decimal;
  const char* at = text;
  bool after_point = false;
  for (; *at != 'e'; ++at) {
    if (*at == '.') {
      after_point = true;
      continue;
    }
    decimal.digits = decimal.digits * 10 + static_cast<uint64_t>(*at - '0');
    if (after_point) --decimal.exponent;
  }
  ++at;
  if (*at == '+') ++at;
  int exponent = 0;
  std::from_chars(at, end.ptr, exponent);
  decimal.exponent += exponent;
  return decimal;
}

uint64_t multiply_modulo(uint64_t a, uint64_t b, uint64_t modulus) {
  return static_cast<uint64_t>(static_cast<Wide>(a) * b % modulus);
}

uint64_t hash_of_number(const json::value& value) {
  const Number number = number_of(value);
  if (!number.number) return mix64(number.magnitude * 2 + (number.is_negative ? 1 : 0) + 0x51);
  return mix64(std::bit_cast<uint64_t>(*number.number) + 0x7F);
}

}  // namespace

std::partial_ordering compare_numbers(const json::value& a, const json::value& b) {
  const Number x = number_of(a);
  const Number y = number_of(b);
  if (x.number && y.number) return *x.number <=> *y.number;
  if (y.number) return compare_with_double(x, *y.number);
  if (x.number) return 0 <=> compare_with_double(y, *x.number);
  if (x.is_negative != y.is_negative) return y.is_negative <=> x.is_negative;
  return x.is_negative ? y.magnitude <=> x.magnitude : x.magnitude <=> y.magnitude;
}

bool is_integer(const json::value& value) {
  if (value.is_int64() || value.is_uint64()) return true;
  return value.is_double() && std::isfinite(value.get_double()) &&
         std::trunc(value.get_double()) == value.get_double();
}

bool is_multiple(const json::value& value, const json::value& divisor) {
  const auto number = decimal_of(value);
  const auto step = decimal_of(divisor);
  if (!number || !step || step->digits == 0) return false;
  const int shift = number->exponent - step->exponent;
  if (shift >= 0) {
    uint64_t rest = number->digits % step->digits;
    for (int i = 0; i < shift && rest != 0; ++i) rest = multiply_modulo(rest, 10, step->digits);
    return rest == 0;
  }
  Wide scaled = step->digits;
  for (int i = 0; i < -shift; ++i) {
    scaled *= 10;
    if (scaled > number->digits) return number->digits == 0;
  }
  return number->digits % static_cast<uint64_t>(scaled) == 0;
}

uint64_t hash_of(const json::value& value, uint64_t& num_steps) {
  ++num_steps;
  switch (value.kind()) {
    case json::kind::null:
      return mix64(1);
    case json::kind::bool_:
      return mix64(value.get_bool() ? 2 : 3);
    case json::kind::string:
      num_steps += value.get_string().size() / 8;
      return mix64(fnv1a64(value.get_string()));
    case json::kind::array: {
      uint64_t hash = 5;
      for (const json::value& element : value.get_array()) {
        hash = mix64(hash + hash_of(element, num_steps));
      }
      return hash;
    }
    case json::kind::object: {
      uint64_t hash = 7;
      for (const json::key_value_pair& member : value.get_object()) {
        num_steps += member.key().size() / 8;
        hash += mix64(fnv1a64(member.key()) ^ hash_of(member.value(), num_steps));
      }
      return mix64(hash);
    }
    default:
      return hash_of_number(value);
  }
}

bool are_equal(const json::value& a, const json::value& b, uint64_t& num_steps) {
  ++num_steps;
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  if (a.is_string()) {
    num_steps += a.get_string().size() / 8;
    return a.get_string() == b.get_string();
  }
  if (a.is_array()) {
    const json::array& x = a.get_array();
    const json::array& y = b.get_array();
    if (x.size() != y.size()) return false;
    for (size_t i = 0; i < x.size(); ++i) {
      if (!are_equal(x[i], y[i], num_steps)) return false;
    }
    return true;
  }
  if (a.is_object()) {
    if (a.get_object().size() != b.get_object().size()) return false;
    for (const json::key_value_pair& member : a.get_object()) {
      num_steps += member.key().size() / 8;
      const json::value* other = b.get_object().if_contains(member.key());
      if (other == nullptr || !are_equal(member.value(), *other, num_steps)) return false;
    }
    return true;
  }
  return a.is_null() || a.get_bool() == b.get_bool();
}

}  // namespace ganglion::json_schema
