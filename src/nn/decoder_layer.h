// One layer of a decoder: attention and a feed-forward network, each added to what passes through.
// Letters: M tokens, H hidden size.
#pragma once

#include <optional>
#include <variant>

#include "nn/causal_attention.h"
#include "nn/feed_forward.h"
#include "nn/norm.h"

namespace ganglion {

// Immutable and thread-safe.
struct DecoderLayer {
  Norm attention_norm;
  CausalAttention attention;
  std::optional<Norm> post_attention_norm;  // of what attention adds
  // None: the network reads what attention reads, beside it instead of behind it (B. Wang,
  // A. Komatsuzaki 2021, GPT-J).
  std::optional<Norm> feed_forward_norm;
  std::variant<FeedForward, MixtureOfExperts> feed_forward;
  std::optional<Norm> post_feed_forward_norm;  // of what the network adds

  // hidden [M, H], in place; `layer` is its place in the cache.
  void forward(const DecoderPass& pass, size_t layer, size_t hidden_size, float* hidden) const;
};

}  // namespace ganglion
