// Any bytes: the redactor refuses what is not UTF-8, and otherwise gives ordered, disjoint spans, a
// text that restores to the input in one piece and through the streaming un-masker.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "guard/redactor.h"
#include "guard/unmasker.h"
#include "text/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  static const auto& redactor = *new Redactor(make_rule_detectors());
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Pseudonyms pseudonyms;
  const auto redaction = redactor.redact(text, &pseudonyms);
  const bool valid = find_invalid_utf8(text) == std::string_view::npos;
  GANGLION_ASSERT(redaction.ok() == valid);
  if (!valid) return 0;

  size_t end = 0;
  for (const RedactedSpan& span : redaction->spans) {
    GANGLION_ASSERT(span.start >= end && span.end > span.start && span.score > 0);
    end = span.end;
  }
  GANGLION_ASSERT(end <= count_code_points(text));
  GANGLION_ASSERT(pseudonyms.restore(redaction->text) == text);

  Unmasker unmasker(pseudonyms);
  std::string streamed;
  const size_t step = size == 0 ? 1 : 1 + data[0] % 7;
  for (size_t i = 0; i < redaction->text.size(); i += step) {
    streamed += unmasker.feed(std::string_view(redaction->text).substr(i, step));
  }
  GANGLION_ASSERT(streamed + unmasker.finish() == text);
  return 0;
}
