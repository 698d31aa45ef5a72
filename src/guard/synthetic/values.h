// Made-up values with valid check digits in the ways people write them, for tests, measurements and
// training texts. No real person's number is used; a random one may exist by chance.
#pragma once

#include <string>

#include "base/rng.h"
#include "guard/pii_type.h"

namespace ganglion {

// A value of `type`, which is not kAddress, kPerson or kReservedToken (asserted): those come from
// word lists (text_grammar.h). `formatted` asks for a way of writing that tells the type.
std::string synthetic_value(PiiType type, bool formatted, Rng& rng);

// The same shapes and ways of writing with a wrong check digit (SSN, ITIN: outside the ranges).
// Requires has_checksum(type), or kUsSsn or kUsItin.
std::string synthetic_wrong_value(PiiType type, Rng& rng);

// `count` random decimal digits; the first is not 0.
std::string random_digits(size_t count, Rng& rng);

}  // namespace ganglion
