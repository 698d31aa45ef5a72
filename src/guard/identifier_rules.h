// The table of national identifiers: how each is written, checked and believed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "guard/cue.h"
#include "guard/pii_type.h"

namespace ganglion {

// How much a passing check says by itself. In brackets: the share of random strings of the shape
// that pass.
enum class CheckStrength : uint8_t {
  kCueOnly,  // the grouping is anybody's: it needs a cue even when formatted
  kWeak,     // (> 3 %): unformatted, it needs a cue
  kMedium,   // (0.5 to 3 %): believed unless a cue says otherwise
  kStrong,   // (< 0.5 %): always believed
};

struct IdentifierRule {
  PiiType type;
  CueMask cue;
  CheckStrength strength;
  // Takes the compact form, letters in upper case (text/identifier.h).
  bool (*is_valid)(std::string_view compact);
  // Accepted instead of is_valid directly after a cue of the type; may be null.
  bool (*is_valid_after_cue)(std::string_view compact);
  // Lengths of the groups and the separators between them, alternatives divided by '|': "9|3 3 3".
  std::string_view groupings;
};

std::span<const IdentifierRule> identifier_rules();

}  // namespace ganglion
