// The extract skill: typed values from text, as a JSON Schema asks for them.
//
// Values come from patterns with validators and from a trained tagger. Each is what the text says,
// rewritten to its normal form (dates to ISO 8601, identifiers without spaces), with the place it
// was read from; nothing is added that is not written there.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guard/detector.h"
#include "models/tagger.h"
#include "skills/extract_schema.h"
#include "text/json.h"

namespace ganglion {

// Where a value was read. `start` and `end` are Unicode code points of the text.
struct ExtractedValue {
  std::string field;  // JSON pointer into Extraction::fields: "/dates/0"
  size_t start;
  size_t end;
  std::string source;  // the text between them
  double score;        // the tagger's probability or the detector's confidence; 1 for patterns
  std::string_view found_by;  // "tagger", "detector", "pattern", "phrase", "date", "number"
};

// Text that could be a value of the field, but says more than one thing or too little.
struct AmbiguousValue {
  std::string field;
  size_t start;
  size_t end;
  std::string source;
  std::vector<std::string> readings;
};

struct Extraction {
  // Only what was found. Every value is valid against its part of the schema; a required field
  // that may be null and was not found is null.
  json::object fields;
  std::vector<ExtractedValue> values;  // in the order of the schema
  std::vector<std::string> missing;    // JSON pointers of the fields without a value
  std::vector<AmbiguousValue> ambiguous;
  // `fields` is valid against the whole schema: no required field is missing.
  bool valid = true;
};

json::object extraction_to_json(const Extraction& extraction);

// Immutable and thread-safe.
//
// Fields are filled in this order: those with a cue or a tag, then by how sure their form is
// (checked identifiers, patterns, dates, amounts, numbers), then as in the schema. Text that one
// value was read from is not read again for another, except for tagged strings, enums and booleans.
// A single field takes the first value that fits, a tagged one the most probable.
class Extractor {
 public:
  static constexpr size_t kMaxTextBytes = size_t{1} << 20;
  static constexpr size_t kMaxItems = 1000;  // of one array

  Extractor(Extractor&&) noexcept = default;
  Extractor& operator=(Extractor&&) noexcept = default;

  // Errors of parse_extract_schema. `tagger` may be null.
  static Result<Extractor> create(const json::value& schema, std::string_view source_name,
                                  std::shared_ptr<const TaggerModel> tagger);

  // `context` is passed to the tagger. kInvalidArgument for text that is not UTF-8, kLimit for
  // more than kMaxTextBytes or a pattern that takes too many steps on this text.
  Result<Extraction> extract(std::string_view text,
                             std::span<const std::string> context = {}) const;

 private:
  class Run;

  Extractor() = default;
  void add_detectors();

  FieldSpec root_;
  std::shared_ptr<const TaggerModel> tagger_;
  std::vector<std::shared_ptr<const Detector>> detectors_;  // those that the fields need
  std::vector<const FieldSpec*> order_;  // leaves of root_ (heap: moves keep them)
};

}  // namespace ganglion
