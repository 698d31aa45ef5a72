// Any file of the kinds that load_tokenizer_files() reads, with any text behind a NUL: refused, or
// encoded with ids and spans in range. A first byte of 't' is tiktoken's ranks, 'm' a SentencePiece
// model; the rest of the input is the file.
#include "base/check.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/tiktoken.h"
#include "tokenizer/tokenizer_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t split = std::min(input.rfind('\0'), input.size());
  const std::string_view file = input.substr(0, split);
  const std::string_view text = input.substr(std::min(split + 1, input.size()));
  Result<TextTokenizerSpec> spec =
      file.starts_with('t')   ? parse_tiktoken(file.substr(1), "gpt-4o", "fuzz")
      : file.starts_with('m') ? parse_sentencepiece_model(file.substr(1), "fuzz")
                              : parse_tokenizer_json(file, "fuzz");
  if (!spec.ok()) return 0;
  const auto tokenizer = TextTokenizer::create(std::move(spec).value());
  if (!tokenizer.ok()) return 0;
  std::vector<int32_t> ids;
  std::vector<int32_t> ids_alone;
  std::vector<TokenSpan> spans;
  const EncodeOptions options{.parse_special_tokens = size % 2 == 0, .max_tokens = size % 7};
  tokenizer.value()->encode(text, options, ids, &spans);
  GANGLION_ASSERT(ids.size() == spans.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    GANGLION_ASSERT(ids[i] >= 0);
    GANGLION_ASSERT(static_cast<size_t>(ids[i]) < tokenizer.value()->vocabulary_size());
    GANGLION_ASSERT(spans[i].begin <= spans[i].end && spans[i].end <= text.size());
  }
  tokenizer.value()->encode(text, options, ids_alone, nullptr);
  GANGLION_ASSERT(ids == ids_alone);
  static_cast<void>(tokenizer.value()->decode(ids));
  return 0;
}
