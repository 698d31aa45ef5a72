// Any GGUF bytes: refused, or a language model that reads a few tokens. Covers the settings and
// tensors of every architecture, the vocabulary, rotations, caches and the forward pass.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/gguf_language_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  auto file = GgufFile::parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!file.ok()) return 0;
  LanguageModelOptions options;
  options.num_threads = 1;
  options.memory_limit_bytes = uint64_t{1} << 24;
  const auto model = load_gguf_language_model(std::move(file).value(), options);
  if (!model.ok()) return 0;
  const auto last = static_cast<int32_t>((*model)->description().vocabulary_size - 1);
  for (const DType cache_type : {DType::kF16, DType::kBF16, DType::kQ8_0}) {
    SessionOptions session_options;
    session_options.context_length = 4;
    session_options.cache_type = cache_type;
    const auto session = (*model)->start(session_options);
    if (!session.ok()) continue;
    const std::array<int32_t, 3> tokens = {0, last, last / 2};
    std::vector<float> logits;
    if (!(*session)->append(tokens, LogitRows::kAll, logits).ok()) continue;
    (void)(*session)->drop(0, 1);
  }
  return 0;
}
