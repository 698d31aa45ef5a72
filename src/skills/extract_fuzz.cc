// Any schema on any text ends in values that lie inside the text, or in an error. The input is a
// schema, a NUL and a text; without a NUL it is a text for a schema with every kind of field.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "skills/extract.h"
#include "text/utf8.h"

namespace {

constexpr std::string_view kSchema = R"({"type":"object","properties":{
  "d":{"type":"array","items":{"type":"string","format":"date"}},
  "due":{"type":"string","format":"date","x-cue":["due","by"],"x-date-order":"dmy"},
  "n":{"type":"array","items":{"type":"number"},"uniqueItems":true},
  "m":{"type":"object","format":"amount"},
  "e":{"type":"string","format":"email"},"p":{"type":"string","format":"phone"},
  "i":{"type":"string","format":"iban"},"o":{"type":"string","pattern":"^[A-Z]+-\\d{2,6}$"},
  "u":{"type":"array","items":{"type":"string","format":"uuid"}},
  "w":{"type":"string","enum":["high","very high","low"]},
  "b":{"type":"boolean","x-true":["yes"],"x-false":["no"]}}})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  std::string_view schema = kSchema;
  if (const size_t split = text.find('\0'); split != std::string_view::npos) {
    schema = text.substr(0, split);
    text.remove_prefix(split + 1);
  }
  const auto parsed = ganglion::parse_json(schema, "fuzz");
  if (!parsed.ok()) return 0;
  const auto extractor = ganglion::Extractor::create(*parsed, "fuzz", nullptr);
  if (!extractor.ok()) return 0;
  const auto found = extractor->extract(text);
  if (!found.ok()) return 0;
  const ganglion::CodePointIndex positions(text);
  for (const ganglion::ExtractedValue& value : found->values) {
    GANGLION_ASSERT(value.start < value.end && value.end <= positions.size());
    const size_t begin = positions.byte_at(value.start);
    const size_t end = positions.byte_at(value.end);
    GANGLION_ASSERT(value.source == text.substr(begin, end - begin));
  }
  return 0;
}
