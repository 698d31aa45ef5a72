// Compact identifiers made up with valid check digits, and the ways of writing them.
#pragma once

#include <string>
#include <string_view>

#include "base/rng.h"
#include "guard/pii_type.h"

namespace ganglion {

// Requires kCreditCard <= type <= kNlBsn (asserted), here and below.
std::string synthetic_identifier(PiiType type, Rng& rng);

// One character of a valid one replaced so that the check fails.
std::string wrong_identifier(PiiType type, Rng& rng);

// Grouped by spaces, dashes or dots as its issuer or its holders do; mostly compact when
// `formatted` is false.
std::string write_identifier(PiiType type, std::string compact, bool formatted, Rng& rng);

// The check of text/identifier.h for `type`.
bool is_valid_identifier(PiiType type, std::string_view compact);

}  // namespace ganglion
