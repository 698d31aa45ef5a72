// Any bytes: rows or an error, in every format.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataset/text_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace ganglion;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  (void)parse_text_rows(text, "fuzz", RowFormat::kJsonLines, {"text", "label"});
  (void)parse_text_rows(text, "fuzz", RowFormat::kCsv, {"text", "label"});
  (void)parse_text_rows(text, "fuzz", RowFormat::kLines, {"text"});
  return 0;
}
