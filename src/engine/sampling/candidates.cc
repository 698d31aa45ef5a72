#include "engine/sampling/candidates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace ganglion {
namespace {

// exp(x) for x <= 0: 2^n times the polynomial of Cephes' expf. Only IEEE operations.
inline float exp_of(float x) {
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kRounding = 0x1.8p23F;  // adding it leaves the nearest integer in the low bits
  // What is far below becomes 0 by a mask of bits: a choice would keep compilers from vectors.
  const int32_t counts = -static_cast<int32_t>(x > -86.0F);
  const float clamped = std::bit_cast<float>(std::bit_cast<int32_t>(x) & counts);
  const float n = (clamped * kLog2E + kRounding) - kRounding;
  const float r = (clamped - n * kLn2High) - n * kLn2Low;
  float y = 1.9875691500e-4F;
  y = y * r + 1.3981999507e-3F;
  y = y * r + 8.3334519073e-3F;
  y = y * r + 4.1665795894e-2F;
  y = y * r + 1.6666665459e-1F;
  y = y * r + 5.0000001201e-1F;
  y = y * r * r + r + 1.0F;
  const float power = std::bit_cast<float>((static_cast<int32_t>(n) + 127) << 23);
  return std::bit_cast<float>(std::bit_cast<int32_t>(y * power) & counts);
}

// Eight partial sums: as the order of an addition is part of the result, compilers keep one chain.
double sum(std::span<const float> values) {
  std::array<double, 8> partial{};
  size_t i = 0;
  for (; i + 8 <= values.size(); i += 8) {
    for (size_t j = 0; j < 8; ++j) partial[j] += static_cast<double>(values[i + j]);
  }
  double total = 0;
  for (; i < values.size(); ++i) total += static_cast<double>(values[i]);
  for (const double part : partial) total += part;
  return total;
}

void keep_best(Candidates& candidates, size_t count) {
  if (candidates.size() <= count) return;
  const auto last = candidates.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(candidates.begin(), last - 1, candidates.end(), is_better);
  candidates.erase(last, candidates.end());
}

}  // namespace

Candidates all_candidates(std::span<const float> logits) {
  Candidates candidates(logits.size());
  size_t count = 0;
  for (size_t i = 0; i < logits.size(); ++i) {  // without a branch
    candidates[count] = {static_cast<int32_t>(i), logits[i]};
    count += logits[i] > -std::numeric_limits<float>::infinity() ? 1 : 0;
  }
  candidates.resize(count);
  return candidates;
}

Candidates top_candidates(std::span<const float> logits, size_t count) {
  constexpr size_t kSlack = 1024;
  if (count >= logits.size()) return all_candidates(logits);
  Candidates best;
  if (count == 0) return best;
  const size_t limit = std::min(count + std::max(count, kSlack), logits.size());
  best.reserve(limit);
  // Later ids lose a tie: they must be above what the worst of the best so far has.
  float threshold = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < logits.size(); ++i) {
    if (!(logits[i] > threshold)) continue;
    best.push_back({static_cast<int32_t>(i), logits[i]});
    if (best.size() < limit) continue;
    keep_best(best, count);
    threshold = best[count - 1].logit;  // nth_element put the worst there
  }
  keep_best(best, count);
  std::sort(best.begin(), best.end(),
            [](const TokenCandidate& a, const TokenCandidate& b) { return a.id < b.id; });
  return best;
}

const TokenCandidate& best_candidate(const Candidates& candidates) {
  GANGLION_ASSERT(!candidates.empty());
  const TokenCandidate* best = &candidates[0];
  for (const TokenCandidate& each : candidates) {
    if (each.logit > best->logit) best = &each;  // equal ones come later, so they lose
  }
  return *best;
}

double softmax_weights(const Candidates& candidates, std::vector<float>& weights) {
  const float largest = best_candidate(candidates).logit;
  weights.resize(candidates.size());
  for (size_t i = 0; i < candidates.size(); ++i) weights[i] = candidates[i].logit - largest;
  for (float& weight : weights) weight = exp_of(weight);
  return sum(weights);
}

double log_sum_exp(std::span<const float> logits) {
  float largest = logits[0];
  for (const float logit : logits) largest = std::max(largest, logit);
  std::vector<float> weights(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) weights[i] = exp_of(logits[i] - largest);
  return static_cast<double>(largest) + std::log(sum(weights));
}

size_t draw(const Candidates& candidates, double chance) {
  std::vector<float> weights;
  const double target = chance * softmax_weights(candidates, weights);
  double cumulative = 0;
  size_t last_possible = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    cumulative += static_cast<double>(weights[i]);
    if (cumulative > target) return i;
    last_possible = i;
  }
  return last_possible;  // the two sums are rounded differently
}

}  // namespace ganglion
