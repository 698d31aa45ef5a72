#include "models/phrase_table.h"

#include <utility>

#include "base/check.h"
#include "base/hash.h"

namespace ganglion {

uint64_t extend_phrase(uint64_t phrase, uint64_t word) {
  return mix64(phrase * 0x9e3779b97f4a7c15ULL + word);
}

bool PhraseTable::build(std::vector<uint32_t> keys, std::vector<uint32_t> begins,
                        std::vector<PhraseType> types) {
  GANGLION_ASSERT(begins.size() == keys.size() + 1 && begins.back() == types.size());
  keys_ = std::move(keys);
  begins_ = std::move(begins);
  types_ = std::move(types);
  return index_.build(keys_);
}

bool PhraseTable::find(uint32_t key, std::span<const PhraseType>& types) const {
  const uint32_t row = index_.find(key);
  if (row == HashIndex::kNotFound) return false;
  types = std::span(types_).subspan(begins_[row], begins_[row + 1] - begins_[row]);
  return true;
}

}  // namespace ganglion
