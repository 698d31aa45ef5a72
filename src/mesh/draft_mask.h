// What of a ticket's personal values a draft may hold, and the draft without it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guard/pseudonyms.h"
#include "guard/redactor.h"
#include "skills/extract.h"

namespace ganglion {

struct MaskedValue {
  std::string value;
  std::string token;
};

// The redacted values with their pseudonyms, and as "[REDACTED]" the extracted ones that overlap a
// redacted span: an order number inside a redacted URL has no pseudonym of its own. `spans` and
// `extracted` must be of one text.
std::vector<MaskedValue> masked_values(const Pseudonyms& pseudonyms,
                                       std::span<const RedactedSpan> spans,
                                       std::span<const ExtractedValue> extracted);

// `text` with every value replaced by its token. Where values overlap, all of what they cover is
// replaced, by the token of the longest. O(|text| * |values|).
std::string mask(std::string_view text, std::span<const MaskedValue> values);

}  // namespace ganglion
