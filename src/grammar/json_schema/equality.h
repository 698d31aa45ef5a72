// JSON values as the specification compares them: numbers by their mathematical value, objects
// without regard to order.
#pragma once

#include <compare>
#include <cstdint>

#include "text/json.h"

namespace ganglion::json_schema {

// Both are numbers. Exact between 64-bit integers and doubles; unordered with NaN.
std::partial_ordering compare_numbers(const json::value& a, const json::value& b);

// A number without a fraction: 1, 1.0, 1e300.
bool is_integer(const json::value& value);

// Both are numbers, `divisor` above 0. Exact on the shortest decimals that read back as the same
// doubles, so 0.0075 is a multiple of 0.0001. Infinities are multiples of nothing.
bool is_multiple(const json::value& value, const json::value& divisor);

// Equal values have equal hashes. Both add what they do to `num_steps`; an adversary can find
// values of one hash, so a caller that compares many watches the steps.
uint64_t hash_of(const json::value& value, uint64_t& num_steps);
bool are_equal(const json::value& a, const json::value& b, uint64_t& num_steps);

}  // namespace ganglion::json_schema
