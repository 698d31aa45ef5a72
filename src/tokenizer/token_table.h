// The byte strings of a vocabulary by id, and the id of a byte string.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/seeded_hash.h"

namespace ganglion {

// Immutable after construction; thread-safe. A look-up costs about 10 ns when the table is in the
// cache.
class TokenTable {
 public:
  static constexpr int32_t kNone = -1;

  TokenTable() = default;
  // The id of tokens[i] is i. An empty string is an id without a token: it is never found. Of equal
  // strings the first counts. Together below 4 GiB (asserted).
  TokenTable(std::span<const std::string> tokens, const SeededHash& hash);

  size_t size() const { return starts_.empty() ? 0 : starts_.size() - 1; }
  // Requires id < size().
  std::string_view operator[](size_t id) const {
    return {bytes_.data() + starts_[id], starts_[id + 1] - starts_[id]};
  }

  int32_t find(std::string_view token) const {
    if (slots_.empty() || token.empty()) return kNone;
    const uint64_t hash = hash_(token);
    const auto tag = static_cast<uint32_t>(hash >> 32);
    for (uint64_t at = hash & mask_; slots_[at].id != kNone; at = (at + 1) & mask_) {
      if (slots_[at].tag == tag && (*this)[static_cast<size_t>(slots_[at].id)] == token) {
        return slots_[at].id;
      }
    }
    return kNone;
  }

  // Bytes of the longest token.
  size_t max_token_bytes() const { return max_token_bytes_; }

 private:
  struct Slot {
    uint32_t tag = 0;
    int32_t id = kNone;
  };

  SeededHash hash_;
  std::string bytes_;
  std::vector<uint32_t> starts_;
  std::vector<Slot> slots_;  // open addressing, at most half full
  uint64_t mask_ = 0;
  size_t max_token_bytes_ = 0;
};

// A digest of `tokens` in their order, lengths included.
Sha256Digest digest_of(std::span<const std::string> tokens);

}  // namespace ganglion
