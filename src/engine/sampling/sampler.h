// The chain that chooses the next token. The order is llama.cpp's default (2025): token mask and
// logit bias; repetition, presence and frequency penalties; DRY; top-k; typical; top-p; min-p; XTC;
// temperature; the draw. Each step sees the distribution that the one before left, renormalised;
// truncation comes before temperature, so a high temperature flattens only among what was
// plausible. Mirostat stands in place of top-k to XTC, behind the temperature. Unlike llama.cpp:
// penalties and DRY act with Mirostat too, and a token mask acts first instead of on the token that
// was drawn.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/sampling/candidates.h"
#include "engine/sampling/counter_rng.h"
#include "engine/sampling/penalties.h"
#include "engine/sampling/sampling_options.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

// One bit a token, id 0 lowest: whether it may come next. (V + 63) / 64 words, or empty: all may.
using TokenMaskBits = std::span<const uint64_t>;

// The same seed, tokens and logits give the same choices on every machine. Not thread-safe.
class Sampler {
 public:
  // `tokenizer`, for DRY's sequence breakers, may be null (then there are none); it must outlive
  // the sampler. The errors of check_sampling_options().
  static Result<Sampler> create(const SamplingOptions& options, const Tokenizer* tokenizer,
                                size_t vocabulary_size);

  // A token of the prompt, or the one that came next; each below V (asserted).
  void accept(int32_t token);

  // The next token, for the logits [V] behind all accepted ones. kMalformed when a logit is NaN or
  // +infinity; kConflict when mask and bans leave no token.
  Result<int32_t> sample(std::span<const float> logits, TokenMaskBits mask = {});

  // What the chain leaves at this step; sample() draws from their softmax.
  Result<Candidates> remaining(std::span<const float> logits, TokenMaskBits mask = {});

 private:
  Sampler(const SamplingOptions& options, const Tokenizer* tokenizer, size_t vocabulary_size);
  Status adjust(std::span<const float> logits, TokenMaskBits mask);
  Candidates truncated() const;

  SamplingOptions options_;
  const Tokenizer* tokenizer_;
  size_t vocabulary_size_;
  std::vector<int32_t> history_;
  BreakCounter breaks_;
  std::vector<float> logits_;  // [V], after bias, mask and penalties
  uint64_t step_ = 0;
  double mirostat_bits_;  // "mu": the largest surprise that is let through
};

}  // namespace ganglion
