// How probable the model itself held a token, and what else it thought of.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ganglion {

struct TokenLogprob {
  int32_t id;
  double logprob;  // natural logarithm of the probability; -infinity for a banned token
};

struct StepLogprobs {
  TokenLogprob chosen;
  std::vector<TokenLogprob> top;  // the most probable ones, best first
};

// Of the raw distribution: the softmax of the model's logits [V], before bias, mask, penalties,
// temperature and truncation, which is what OpenAI's `logprobs` and `top_logprobs` show.
// Requires 0 <= chosen < V, finite maximum.
StepLogprobs log_probabilities(std::span<const float> logits, int32_t chosen, size_t num_top);

}  // namespace ganglion
