// Any bytes: parse_manifest refuses them or gives a manifest that is written and read back alike,
// and whose files stay inside their folder.
#include "hub/manifest.h"

#include "base/check.h"
#include "hub/model_source.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  const auto manifest =
      parse_manifest(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!manifest.ok()) return 0;
  GANGLION_ASSERT(check_model_name(manifest->name).ok());
  for (const StoredFile& file : manifest->files) {
    GANGLION_ASSERT(is_safe_relative_path(file.path) && is_sha256_hex(file.sha256));
  }
  const std::string text = manifest_json(*manifest);
  const auto again = parse_manifest(text, "again");
  GANGLION_ASSERT(again.ok() && manifest_json(*again) == text);
  return 0;
}
