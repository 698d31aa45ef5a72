// The feed-forward networks of a decoder layer: plain, gated, and mixtures of experts.
// Letters: M tokens, H hidden size, F inner size, E experts, k experts a token is sent to.
#pragma once

#include <optional>
#include <vector>

#include "nn/causal_attention.h"
#include "nn/stored_linear.h"

namespace ganglion {

enum class Activation { kSilu, kGeluTanh };

// down(activation(gate(x)) * up(x)) (N. Shazeer 2020, "GLU Variants"), or down(activation(up(x))).
// Immutable and thread-safe.
struct FeedForward {
  Activation activation = Activation::kSilu;
  bool is_gated = true;
  StoredLinear up;    // gated: [2F, H], gates first; otherwise [F, H]
  StoredLinear down;  // [H, F]

  // x [M, H] to `out` [M, H].
  void forward(const Compute& compute, DecoderScratch& scratch, const float* x, size_t num_tokens,
               float* out) const;
};

// Each token is sent to the k experts that a router rates highest, and their outputs are mixed by
// the softmax over all E ratings. N. Shazeer et al. 2017; A. Jiang et al. 2024, "Mixtral".
struct MixtureOfExperts {
  StoredLinear router;  // [E, H]
  std::vector<FeedForward> experts;
  size_t num_used = 1;        // k
  bool renormalises = false;  // whether the k weights are scaled to add up to 1
  // An expert that every token is sent to, weighted by the sigmoid of a rating of its own.
  std::optional<FeedForward> shared_expert;
  AlignedVector<float> shared_gate;  // [H]

  // x [M, H] to `out` [M, H].
  void forward(const Compute& compute, DecoderScratch& scratch, const float* x, size_t num_tokens,
               float* out) const;

 private:
  void add_shared(const Compute& compute, DecoderScratch& scratch, const float* x,
                  size_t num_tokens, float* out) const;
};

}  // namespace ganglion
