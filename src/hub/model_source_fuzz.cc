// Any text as a source: refused, or a source whose canonical form means the same, with a valid
// default name.
#include "hub/model_source.h"

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto source = parse_model_source(text);
  if (!source.ok()) return 0;
  GANGLION_ASSERT(check_model_name(default_model_name(*source, "Q4_K_M")).ok());
  if (source->kind == SourceKind::kPath) return 0;
  const auto again = parse_model_source(source->text);
  GANGLION_ASSERT(again.ok() && again->text == source->text && again->kind == source->kind);
  return 0;
}
