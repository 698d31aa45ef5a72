#include "engine/sampling/log_probabilities.h"

#include <algorithm>

#include "base/check.h"
#include "engine/sampling/candidates.h"

namespace ganglion {

StepLogprobs log_probabilities(std::span<const float> logits, int32_t chosen, size_t num_top) {
  GANGLION_ASSERT(chosen >= 0 && static_cast<size_t>(chosen) < logits.size());
  const double log_total = log_sum_exp(logits);
  const auto logprob = [&](float logit) { return static_cast<double>(logit) - log_total; };
  StepLogprobs result{{chosen, logprob(logits[static_cast<size_t>(chosen)])}, {}};
  Candidates top = top_candidates(logits, num_top);
  std::sort(top.begin(), top.end(), is_better);
  for (const TokenCandidate& each : top) result.top.push_back({each.id, logprob(each.logit)});
  return result;
}

}  // namespace ganglion
