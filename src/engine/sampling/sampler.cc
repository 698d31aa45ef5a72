#include "engine/sampling/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "engine/sampling/truncation.h"

namespace ganglion {
namespace {

constexpr float kBanned = -std::numeric_limits<float>::infinity();

void apply_mask(std::span<float> logits, TokenMaskBits mask) {
  for (size_t word = 0; word < mask.size(); ++word) {
    const size_t first = word * 64;
    const size_t last = std::min(first + 64, logits.size());
    if (mask[word] == ~uint64_t{0}) continue;
    for (size_t id = first; id < last; ++id) {
      if ((mask[word] >> (id - first) & 1) == 0) logits[id] = kBanned;
    }
  }
}

// NaN and +infinity are found without a branch for each.
bool all_usable(std::span<const float> logits) {
  bool usable = true;
  for (const float logit : logits) usable &= logit <= std::numeric_limits<float>::max();
  return usable;
}

// Relative to the best one, so that no temperature makes a logit infinite.
void scale(Candidates& candidates, float temperature) {
  const float best = best_candidate(candidates).logit;
  for (TokenCandidate& each : candidates) {
    each.logit = std::max((each.logit - best) / temperature, std::numeric_limits<float>::lowest());
  }
}

// The bits of surprise of the candidate at `index`.
double surprise_of(const Candidates& candidates, size_t index) {
  std::vector<float> weights;
  const double total = softmax_weights(candidates, weights);
  const double distance = static_cast<double>(best_candidate(candidates).logit) -
                          static_cast<double>(candidates[index].logit);
  return (std::log(total) + distance) / std::log(2.0);
}

}  // namespace

Sampler::Sampler(const SamplingOptions& options, const Tokenizer* tokenizer, size_t vocabulary_size)
    : options_(options),
      tokenizer_(tokenizer),
      vocabulary_size_(vocabulary_size),
      breaks_(options.dry.breakers),
      mirostat_bits_(2 * static_cast<double>(options.mirostat.tau)) {}

Result<Sampler> Sampler::create(const SamplingOptions& options, const Tokenizer* tokenizer,
                                size_t vocabulary_size) {
  GANGLION_TRY(check_sampling_options(options, vocabulary_size));
  return Sampler(options, tokenizer, vocabulary_size);
}

void Sampler::accept(int32_t token) {
  GANGLION_ASSERT(token >= 0 && static_cast<size_t>(token) < vocabulary_size_);
  history_.push_back(token);
  const bool follows_breaks = options_.dry.multiplier > 0 && tokenizer_ != nullptr;
  if (follows_breaks) breaks_.accept(token, *tokenizer_);
}

Status Sampler::adjust(std::span<const float> logits, TokenMaskBits mask) {
  GANGLION_ASSERT(logits.size() == vocabulary_size_);
  GANGLION_ASSERT(mask.empty() || mask.size() == (vocabulary_size_ + 63) / 64);
  if (!all_usable(logits)) {
    return fail(ErrorCode::kMalformed,
                "the model's logits hold NaN or infinity: its file is damaged, or its weights "
                "overflow");
  }
  logits_.assign(logits.begin(), logits.end());
  apply_mask(logits_, mask);
  for (const LogitBias& each : options_.logit_bias) {
    logits_[static_cast<size_t>(each.id)] += each.bias;
  }
  apply_penalties(logits_, history_, options_.penalties);
  const size_t since_break = tokenizer_ != nullptr ? breaks_.tokens_since_break() : history_.size();
  apply_dry(logits_, history_, since_break, options_.dry);
  return {};
}

Candidates Sampler::truncated() const {
  const bool only_best = options_.temperature == 0 && options_.typical_p >= 1 &&
                         options_.xtc.probability <= 0;  // nothing else can remove the best
  if (only_best) return top_candidates(logits_, 1);
  const bool limits_count = options_.top_k > 0 && !options_.mirostat.is_on;
  Candidates candidates =
      limits_count ? top_candidates(logits_, options_.top_k) : all_candidates(logits_);
  if (candidates.empty()) return candidates;
  if (options_.mirostat.is_on) {
    scale(candidates, options_.temperature);
    keep_surprise(candidates, mirostat_bits_);
    return candidates;
  }
  keep_typical(candidates, options_.typical_p);
  keep_top_p(candidates, options_.top_p);
  keep_min_p(candidates, options_.min_p);
  const bool excludes = options_.xtc.probability > 0 &&
                        step_chances(options_.seed, step_).exclusion < options_.xtc.probability;
  if (excludes) exclude_top_choices(candidates, options_.xtc.threshold);
  if (options_.temperature == 0) return {best_candidate(candidates)};
  scale(candidates, options_.temperature);
  return candidates;
}

Result<Candidates> Sampler::remaining(std::span<const float> logits, TokenMaskBits mask) {
  GANGLION_TRY(adjust(logits, mask));
  Candidates candidates = truncated();
  if (candidates.empty()) {
    return fail(ErrorCode::kConflict,
                "no token is left to choose: the token mask and the logit bias ban all {}",
                vocabulary_size_);
  }
  return candidates;
}

Result<int32_t> Sampler::sample(std::span<const float> logits, TokenMaskBits mask) {
  GANGLION_ASSIGN(const Candidates candidates, remaining(logits, mask));
  const size_t drawn = draw(candidates, step_chances(options_.seed, step_).token);
  ++step_;
  if (options_.mirostat.is_on) {
    const double error =
        surprise_of(candidates, drawn) - static_cast<double>(options_.mirostat.tau);
    mirostat_bits_ -= static_cast<double>(options_.mirostat.eta) * error;
  }
  return candidates[drawn].id;
}

}  // namespace ganglion
