// Any bytes: GgufFile::parse refuses them or gives a file whose every value and tensor is readable.
#include "formats/gguf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  const auto file = GgufFile::parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!file.ok()) return 0;
  uint64_t sum = 0;
  for (const GgufEntry& entry : file->entries()) {
    if (auto text = file->get_string(entry.key); text.ok()) sum += text->size();
    if (auto number = file->get_number(entry.key); number.ok()) sum += *number > 0 ? 1 : 0;
    if (auto unsigned_number = file->get_unsigned(entry.key); unsigned_number.ok()) {
      sum += *unsigned_number;
    }
    if (auto strings = file->get_strings(entry.key); strings.ok()) {
      for (const std::string_view text : *strings) sum += text.empty() ? 0 : text.back();
    }
    if (auto integers = file->get_integers(entry.key); integers.ok()) sum += integers->size();
    if (auto numbers = file->get_numbers(entry.key); numbers.ok()) sum += numbers->size();
  }
  for (const GgufTensor& tensor : file->tensors()) {
    for (const std::byte byte : tensor.view.bytes) sum += std::to_integer<uint64_t>(byte);
    sum += static_cast<uint64_t>(tensor.view.shape.num_elements());
  }
  [[maybe_unused]] volatile uint64_t sink = sum;
  return 0;
}
