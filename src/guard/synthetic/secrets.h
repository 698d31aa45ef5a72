// Made-up secrets of the known forms.
#pragma once

#include <string>

#include "base/rng.h"
#include "guard/pii_type.h"

namespace ganglion {

// Requires type <= kPassword (asserted).
std::string synthetic_secret(PiiType type, Rng& rng);

}  // namespace ganglion
