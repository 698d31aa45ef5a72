// What the layers of a decoder share while they read tokens together.
// Letters: M tokens, H hidden size, h query heads, g key/value heads, d size of a head.
#pragma once

#include <cstdint>
#include <span>

#include "nn/compute.h"
#include "nn/kv_cache.h"
#include "nn/rope.h"

namespace ganglion {

// Buffers of a forward pass, reused between passes.
struct DecoderScratch {
  AlignedVector<float> normed;     // [M, H]
  AlignedVector<float> qkv;        // [M, (h + 2g) d]
  AlignedVector<float> attended;   // [M, h d]
  AlignedVector<float> projected;  // [M, H]
  AlignedVector<float> expanded;   // of the feed-forward network
  AlignedVector<float> activated;
  AlignedVector<float> gathered;  // of the mixture of experts
  AlignedVector<float> mixed;
  AlignedVector<float> routes;
};

// The tokens of one sequence in a pass. They are read behind the first `first_position` tokens of
// its cache, which no other sequence of the pass writes to.
struct PassSequence {
  KvCache* cache = nullptr;
  size_t first_position = 0;
  std::span<const int32_t> tokens;
  // Empty: each token follows the one before. Otherwise the tokens are a tree: of each an earlier
  // one that it follows, or -1 for the cached text. A token sees that text and its ancestors, and
  // its position is its depth; keys and values are stored in the order of the tokens.
  std::span<const int32_t> parents = {};

  size_t end() const { return first_position + tokens.size(); }  // one past the last stored
  // Where the token stands in its text.
  size_t position(size_t token) const {
    if (parents.empty()) return first_position + token;
    size_t position = first_position;
    for (int32_t at = parents[token]; at >= 0; at = parents[static_cast<size_t>(at)]) ++position;
    return position;
  }
};

// A row of a pass.
struct PassRow {
  const PassSequence* sequence = nullptr;
  size_t token = 0;  // of the sequence's
};

// Where a layer's forward pass runs and what it shares with the other layers.
struct DecoderPass {
  const Compute& compute;
  DecoderScratch& scratch;
  std::span<const PassSequence> sequences;
  std::span<const PassRow> rows;       // [M]: the tokens of the sequences, one after the other
  std::span<const RopeAngles> angles;  // of the rows, one for every Rope of the model

  size_t num_tokens() const { return rows.size(); }
};

}  // namespace ganglion
