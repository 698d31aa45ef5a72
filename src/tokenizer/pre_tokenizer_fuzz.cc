// Any text, cut by the pre-tokenizer that the first byte chooses: pieces are in order and not
// empty.
#include <array>

#include "base/check.h"
#include "text/utf8.h"
#include "tokenizer/pre_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  constexpr std::array<std::string_view, 15> kNames = {
      "default",        "gpt-2",       "llama-bpe",  "qwen2",  "qwen35",
      "gpt-4o",         "tekken",      "starcoder",  "falcon", "deepseek-llm",
      "deepseek-coder", "deepseek-v3", "seed-coder", "bloom",  "viking"};
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (find_invalid_utf8(text) != std::string_view::npos) return 0;
  const PreTokenizer splitter(find_pre_tokenizer(kNames[data[0] % kNames.size()]).value().stages);
  std::vector<TextPiece> pieces;
  splitter.split(text, pieces);
  size_t end = 0;
  for (const TextPiece piece : pieces) {
    GANGLION_ASSERT(piece.begin == end && piece.end > piece.begin);
    end = piece.end;
  }
  GANGLION_ASSERT(end == text.size());
  return 0;
}
