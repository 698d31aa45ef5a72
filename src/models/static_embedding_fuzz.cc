// Any bytes: StaticEmbedding::load refuses them or gives a model whose vectors are finite.
#include "models/static_embedding.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  // Where a mapped file would start.
  std::vector<uint64_t> aligned(size / sizeof(uint64_t) + 1);
  std::copy_n(data, size, reinterpret_cast<uint8_t*>(aligned.data()));
  auto file = GgufFile::parse(std::as_bytes(std::span(aligned)).first(size), "fuzz");
  if (!file.ok()) return 0;
  const auto model = StaticEmbedding::load(std::move(file).value());
  if (!model.ok()) return 0;
  std::vector<float> vector(model->hidden_size());
  model->embed("Where is my parcel? It's late.", vector);
  for (const float value : vector) GANGLION_ASSERT(std::isfinite(value));
  return 0;
}
