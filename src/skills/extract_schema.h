// What to extract: a JSON Schema (2020-12) read into fields that we know how to find.
//
// Beside the standard keywords these are understood; every other keyword is refused by name:
//   x-tag         the tagger's type for this field; default: the field's name, when the tagger has
//   it x-min-score   tagged spans of a lower probability are left out x-cue         phrases, one of
//   which stands on the same line shortly before or after the value x-synonyms    for enum:
//   {"value": ["other words for it", …]} x-true, x-false   for boolean: phrases that mean it
//   x-checksum    for pattern: "luhn", "mod97" (IBAN, ISO 11649), "verhoeff" or "mod11-10"
//   x-date-order  for 03/04/2025: "dmy" or "mdy"; without it such dates are reported, not guessed
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "grammar/regex.h"
#include "guard/pii_type.h"
#include "skills/extract_candidates.h"
#include "skills/extract_phrases.h"
#include "text/json.h"

namespace ganglion {

enum class FieldKind : uint8_t {
  kObject,
  kArray,
  kTagged,    // a string that only the tagger can find
  kPattern,   // a string by its regular expression
  kEnum,      // one of some strings
  kDetected,  // a string that a detector of guard/ finds: e-mail, IBAN, …
  kUuid,
  kDate,    // a string, ISO 8601
  kAmount,  // {"value": number, "currency": "EUR"}
  kNumber,
  kInteger,
  kBoolean,
};

enum class ChecksumKind : uint8_t { kNone, kLuhn, kMod97, kVerhoeff, kMod11_10 };

struct FieldSpec {
  std::string name;
  std::string pointer;  // JSON pointer of the value: "/customer/email"
  FieldKind kind = FieldKind::kObject;
  bool required = false;
  bool nullable = false;

  // Strings.
  std::optional<Regex> pattern;
  std::optional<uint64_t> min_length;  // code points
  std::optional<uint64_t> max_length;
  ChecksumKind checksum = ChecksumKind::kNone;
  PiiType detected = PiiType::kEmail;
  std::string format;
  DateOrder date_order = DateOrder::kUnknown;
  PhraseFinder phrases;  // enum and boolean

  // Numbers; of an amount, of its value.
  std::optional<double> minimum;
  std::optional<double> maximum;
  bool exclusive_minimum = false;
  bool exclusive_maximum = false;
  std::optional<double> multiple_of;
  std::vector<std::string> currencies;  // allowed; empty: any

  // Finding.
  std::string tag;  // empty: the tagger is not asked
  double min_score = 0;
  PhraseFinder cues;

  std::vector<FieldSpec> children;  // properties, or the one item type of an array
  std::optional<uint64_t> min_items;
  std::optional<uint64_t> max_items;
  bool unique_items = false;
};

// The root is an object. `tagger_types` are the types that a tagger offers (empty: none).
// kMalformed for what is not a schema, kUnsupported for a keyword, type or format that is not
// known and for a field that nothing can find, kLimit past 256 fields or 8 levels. The message
// names source_name and the JSON pointer in the schema.
Result<FieldSpec> parse_extract_schema(const json::value& schema, std::string_view source_name,
                                       const std::vector<std::string>& tagger_types);

}  // namespace ganglion
