// A tagger file of any bytes is refused, or tags without leaving the text.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/check.h"
#include "models/tagger.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto model = ganglion::TaggerModel::parse(std::as_bytes(std::span(bytes, size)), "fuzz");
  if (!model.ok()) return 0;
  constexpr std::string_view kText = "Ann called from Rome at 10:30, ref. A-12.";
  for (const ganglion::TaggedSpan& span : model->tag(kText)) {
    GANGLION_ASSERT(span.begin < span.end && span.end <= kText.size());
  }
  return 0;
}
