// Any GGUF file: its tokenizer is refused, or encodes a text with ids in range.
#include "base/check.h"
#include "models/gguf_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  auto file = GgufFile::parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!file.ok()) return 0;
  const auto tokenizer = load_gguf_tokenizer(*file);
  if (!tokenizer.ok()) return 0;
  std::vector<int32_t> ids;
  std::vector<TokenSpan> spans;
  tokenizer.value()->encode("the quick (brown) fox's 123 naïve \xff<s>", {}, ids, &spans);
  GANGLION_ASSERT(ids.size() == spans.size());
  for (const int32_t id : ids) {
    GANGLION_ASSERT(id >= 0 && static_cast<size_t>(id) < tokenizer.value()->vocabulary_size());
  }
  return 0;
}
