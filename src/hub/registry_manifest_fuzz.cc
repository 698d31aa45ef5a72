// Any bytes as a registry's answer: refused, or layers with safe names, one of them the model.
#include "hub/registry_manifest.h"

#include "base/check.h"
#include "hub/model_source.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  const auto layers =
      parse_registry_manifest(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!layers.ok()) return 0;
  int models = 0;
  for (const RegistryLayer& layer : *layers) {
    GANGLION_ASSERT(is_safe_relative_path(layer.path) && is_sha256_hex(layer.sha256));
    models += layer.path == "model.gguf" ? 1 : 0;
  }
  GANGLION_ASSERT(models == 1);
  return 0;
}
