// The tokens that may come next, with their logits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ganglion {

struct TokenCandidate {
  int32_t id;
  float logit;  // finite
  bool operator==(const TokenCandidate&) const = default;
};

// In ascending order of their ids, without repetition; every function of this folder keeps it so.
using Candidates = std::vector<TokenCandidate>;

// Whether `a` is ranked before `b`: by logit, equal ones by id.
inline bool is_better(const TokenCandidate& a, const TokenCandidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

// All tokens whose logit is above -infinity.
Candidates all_candidates(std::span<const float> logits);

// The best `count` of those. One pass and a partial selection: no sort of the vocabulary.
Candidates top_candidates(std::span<const float> logits, size_t count);

// Of at least one candidate.
const TokenCandidate& best_candidate(const Candidates& candidates);

// Replaces `weights` by exp(logit - the largest logit) of each; the sum is returned. Not empty.
// The exponential is our own, so that its bits are the same on every machine; relative error below
// 2e-7, and 0 below 1e-37.
double softmax_weights(const Candidates& candidates, std::vector<float>& weights);

// log(sum(exp(logits))), in double precision. Not empty, the largest logit finite.
double log_sum_exp(std::span<const float> logits);

// The place of the candidate that `chance` in [0, 1) falls on when each has a share of the interval
// as large as its softmax probability. Not empty.
size_t draw(const Candidates& candidates, double chance);

}  // namespace ganglion
