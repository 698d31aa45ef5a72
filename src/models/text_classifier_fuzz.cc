// Any bytes: a classifier file is refused with an error, or it classifies.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "formats/gguf.h"
#include "models/text_classifier.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace ganglion;
  const auto file = GgufFile::parse(std::as_bytes(std::span(bytes, size)), "fuzz");
  if (!file.ok()) return 0;
  const auto classifier = TextClassifier::read(*file);
  if (!classifier.ok()) return 0;
  const std::vector<float> embedding(classifier->embedding_size(), 0.5F);
  (void)classifier->probabilities(classifier->score("lost card", embedding));
  return 0;
}
