#include "tokenizer/token_table.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace ganglion {

TokenTable::TokenTable(std::span<const std::string> tokens, const SeededHash& hash) : hash_(hash) {
  size_t num_bytes = 0;
  for (const std::string& token : tokens) {
    num_bytes += token.size();
    max_token_bytes_ = std::max(max_token_bytes_, token.size());
  }
  GANGLION_ASSERT(num_bytes < UINT32_MAX && tokens.size() < INT32_MAX);
  bytes_.reserve(num_bytes);
  starts_.reserve(tokens.size() + 1);
  starts_.push_back(0);
  for (const std::string& token : tokens) {
    bytes_ += token;
    starts_.push_back(static_cast<uint32_t>(bytes_.size()));
  }
  slots_.resize(std::bit_ceil(2 * tokens.size() + 2));
  mask_ = slots_.size() - 1;
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].empty() || find(tokens[id]) != kNone) continue;
    const uint64_t value = hash_(tokens[id]);
    uint64_t at = value & mask_;
    while (slots_[at].id != kNone) at = (at + 1) & mask_;
    slots_[at] = {static_cast<uint32_t>(value >> 32), static_cast<int32_t>(id)};
  }
}

Sha256Digest digest_of(std::span<const std::string> tokens) {
  Sha256 digest;
  std::string lengths;
  for (const std::string& token : tokens) {
    digest.update(token);
    lengths += std::to_string(token.size());
    lengths += ' ';
  }
  digest.update(lengths);
  return digest.finish();
}

}  // namespace ganglion
