// Any bytes: parse_importance refuses them or gives finite values of at least 0.
#include <cmath>

#include "base/check.h"
#include "formats/importance_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  const auto parsed = parse_importance(std::as_bytes(std::span(data, size)), "fuzz");
  if (!parsed.ok()) return 0;
  GANGLION_ASSERT(!parsed->mean_squares.empty());
  for (const auto& [name, values] : parsed->mean_squares) {
    for (const float value : values) GANGLION_ASSERT(std::isfinite(value) && value >= 0.0F);
  }
  return 0;
}
