// Hostile tokenizer.json.
#include "base/check.h"
#include "models/hugging_face/vocabulary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace ganglion;
  const Result<HfConfig> root =
      HfConfig::parse({reinterpret_cast<const char*>(bytes), size}, "fuzz");
  if (!root.ok()) return 0;
  constexpr uint64_t kVocabularySize = 64;
  const Result<GgufVocabulary> vocabulary = read_tokenizer_json(*root, kVocabularySize);
  if (!vocabulary.ok()) return 0;
  GANGLION_ASSERT(vocabulary->tokens.size() == kVocabularySize);
  GANGLION_ASSERT(vocabulary->kinds.size() == kVocabularySize);
  return 0;
}
