// Any GGUF bytes: refused, or an encoder that embeds a text. Covers the architecture's checks, the
// configuration, the vocabulary, the weights' shapes and the forward pass.
#include <array>
#include <string>
#include <vector>

#include "engine/bert_encoder.h"
#include "models/gguf_architecture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  auto file = GgufFile::parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!file.ok()) return 0;
  (void)check_gguf_architecture(*file);
  for (const Precision precision : {Precision::kF32, Precision::kS8}) {
    auto copy = GgufFile::parse(std::as_bytes(std::span(data, size)), "fuzz");
    const auto encoder =
        BertEncoder::load(std::move(copy).value(), {.precision = precision, .num_threads = 1});
    if (!encoder.ok()) return 0;
    constexpr std::array<std::string_view, 3> kTexts = {"the fox", "", "a thes foxs ü 我 !"};
    std::vector<float> out(kTexts.size() * (*encoder)->hidden_size());
    if (!(*encoder)->embed(kTexts, out).ok()) return 0;
  }
  return 0;
}
