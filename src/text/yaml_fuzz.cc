// Any bytes are a mapping or an error, in bounded time.
#include <cstddef>
#include <cstdint>

#include "text/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto map = ganglion::YamlMap::parse(text, "fuzz.yaml");
  if (!map.ok()) return 0;
  (void)map->allow_only({"limits", "tiers"});
  for (const std::string& key : map->keys()) {
    (void)map->number(key, 0, 1);
    (void)map->strings(key);
    (void)map->map(key);
  }
  return 0;
}
