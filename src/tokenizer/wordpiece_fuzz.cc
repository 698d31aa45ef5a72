// Any tokenizer.json (or vocab.txt, after a first byte of 'v') with any text behind a NUL: refused,
// or encoded with ids and spans in range.
#include "base/check.h"
#include "tokenizer/wordpiece_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t split = std::min(input.find('\0'), input.size());
  const std::string_view file = input.substr(0, split);
  const std::string_view text = input.substr(std::min(split + 1, input.size()));
  const auto tokenizer = file.starts_with('v')
                             ? parse_wordpiece_vocabulary(file.substr(1), "", "fuzz")
                             : parse_wordpiece_json(file, "fuzz");
  if (!tokenizer.ok()) return 0;
  std::vector<int32_t> ids;
  std::vector<TokenSpan> spans;
  tokenizer->encode(text, {.max_tokens = size % 7}, ids, &spans);
  GANGLION_ASSERT(ids.size() == spans.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    GANGLION_ASSERT(ids[i] >= 0 && static_cast<size_t>(ids[i]) < tokenizer->vocabulary_size());
    GANGLION_ASSERT(spans[i].begin <= spans[i].end && spans[i].end <= text.size());
  }
  GANGLION_ASSERT(ids == tokenizer->encode(text, {.max_tokens = size % 7}));
  return 0;
}
