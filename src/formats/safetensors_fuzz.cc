// Any bytes: SafetensorsFile::parse refuses them or gives tensors whose every byte is readable.
#include "formats/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  const auto file = SafetensorsFile::parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!file.ok()) return 0;
  uint64_t sum = 0;
  for (const auto& [name, view] : file->tensors()) {
    for (const std::byte byte : view.bytes) sum += std::to_integer<uint64_t>(byte);
  }
  [[maybe_unused]] volatile uint64_t sink = sum;
  return 0;
}
