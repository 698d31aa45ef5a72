// Both readers of labelled texts, over any bytes: spans that come out lie inside their text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "dataset/tagged_text.h"
#include "text/utf8.h"

namespace {

void check(const ganglion::Result<std::vector<ganglion::TaggedText>>& texts) {
  if (!texts.ok()) return;
  for (const ganglion::TaggedText& text : *texts) {
    GANGLION_ASSERT(ganglion::find_invalid_utf8(text.text) == std::string_view::npos);
    for (const ganglion::LabelledSpan& span : text.spans) {
      GANGLION_ASSERT(span.begin < span.end && span.end <= text.text.size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  check(ganglion::parse_conll(text, "fuzz"));
  check(ganglion::parse_span_jsonl(text, "fuzz"));
  return 0;
}
