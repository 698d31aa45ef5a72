#include "engine/sampling/truncation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace ganglion {
namespace {

// Keeps the candidates of lowest `badness` (>= 0) up to the first at which the sum of weights
// reaches `target` (exceeds it, when `is_strict`). Buckets of badness instead of a sort: only the
// bucket in which the sum crosses the target is sorted.
class LeastBad {
 public:
  LeastBad(std::span<const double> badness, std::span<const float> weights)
      : badness_(badness), weights_(weights), buckets_(badness.size()) {
    for (size_t i = 0; i < badness.size(); ++i) {
      buckets_[i] = static_cast<uint16_t>(
          std::min(badness[i] * kBucketsPerNat, static_cast<double>(kBuckets - 1)));
    }
    for (size_t i = 0; i < badness.size(); ++i) {
      mass_[buckets_[i]] += static_cast<double>(weights[i]);
    }
  }

  void keep(Candidates& candidates, double target, bool is_strict) const {
    const auto reaches = [&](double sum) { return is_strict ? sum > target : sum >= target; };
    double below = 0;  // mass of the buckets before `crossing`
    size_t crossing = 0;
    while (crossing < kBuckets && !reaches(below + mass_[crossing])) below += mass_[crossing++];
    if (crossing == kBuckets) return;
    std::vector<size_t> last_in;  // of the crossing bucket
    for (size_t i = 0; i < badness_.size(); ++i) {
      if (buckets_[i] == crossing) last_in.push_back(i);
    }
    const auto is_before = [&](size_t a, size_t b) {
      return badness_[a] != badness_[b] ? badness_[a] < badness_[b] : a < b;
    };
    std::sort(last_in.begin(), last_in.end(), is_before);
    size_t count = 0;
    double sum = below;
    while (count < last_in.size()) {
      sum += static_cast<double>(weights_[last_in[count++]]);
      if (reaches(sum)) break;
    }
    const size_t worst = last_in[count - 1];
    size_t kept = 0;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const size_t own = buckets_[i];
      const bool stays = own < crossing || (own == crossing && !is_before(worst, i));
      if (stays) candidates[kept++] = candidates[i];
    }
    candidates.resize(kept);
  }

 private:
  static constexpr size_t kBuckets = 4096;
  static constexpr double kBucketsPerNat = 64;

  std::span<const double> badness_;
  std::span<const float> weights_;
  std::vector<uint16_t> buckets_;
  std::array<double, kBuckets> mass_{};
};

// How many nats each candidate is below the best one.
std::vector<double> distances(const Candidates& candidates) {
  const double largest = best_candidate(candidates).logit;
  std::vector<double> result(candidates.size());
  for (size_t i = 0; i < candidates.size(); ++i) {
    result[i] = largest - static_cast<double>(candidates[i].logit);
  }
  return result;
}

}  // namespace

void keep_top_p(Candidates& candidates, float p) {
  if (p >= 1 || candidates.size() < 2) return;
  std::vector<float> weights;
  const double total = softmax_weights(candidates, weights);
  LeastBad(distances(candidates), weights).keep(candidates, static_cast<double>(p) * total, false);
}

void keep_min_p(Candidates& candidates, float p) {
  if (p <= 0 || candidates.empty()) return;
  const double least = static_cast<double>(best_candidate(candidates).logit) +
                       std::min(0.0, std::log(static_cast<double>(p)));
  std::erase_if(candidates, [&](const TokenCandidate& each) {
    return static_cast<double>(each.logit) < least;
  });
}

void keep_typical(Candidates& candidates, float p) {
  if (p >= 1 || candidates.size() < 2) return;
  std::vector<float> weights;
  const double total = softmax_weights(candidates, weights);
  // Surprise is log(total) + distance and entropy its mean: log(total) cancels.
  std::vector<double> badness = distances(candidates);
  double mean = 0;
  for (size_t i = 0; i < badness.size(); ++i) mean += badness[i] * static_cast<double>(weights[i]);
  mean /= total;
  for (double& each : badness) each = std::abs(each - mean);
  LeastBad(badness, weights).keep(candidates, static_cast<double>(p) * total, true);
}

void exclude_top_choices(Candidates& candidates, float threshold) {
  if (threshold > 0.5F || candidates.size() < 2) return;
  std::vector<float> weights;
  const double least = static_cast<double>(threshold) * softmax_weights(candidates, weights);
  const TokenCandidate* stays = nullptr;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (static_cast<double>(weights[i]) < least) continue;
    if (stays == nullptr || is_better(*stays, candidates[i])) stays = &candidates[i];
  }
  if (stays == nullptr) return;
  const int32_t kept_id = stays->id;
  size_t kept = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (static_cast<double>(weights[i]) < least || candidates[i].id == kept_id) {
      candidates[kept++] = candidates[i];
    }
  }
  candidates.resize(kept);
}

void keep_surprise(Candidates& candidates, double bits) {
  std::vector<float> weights;
  const double log_total = std::log(softmax_weights(candidates, weights));
  const TokenCandidate best = best_candidate(candidates);
  constexpr double kLn2 = 0.69314718055994530942;
  std::erase_if(candidates, [&](const TokenCandidate& each) {
    const double distance = static_cast<double>(best.logit) - static_cast<double>(each.logit);
    return each.id != best.id && (log_total + distance) / kLn2 > bits;
  });
}

}  // namespace ganglion
