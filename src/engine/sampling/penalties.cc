#include "engine/sampling/penalties.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"

namespace ganglion {
namespace {

std::span<const int32_t> last_of(std::span<const int32_t> history, size_t window) {
  return history.last(std::min(window, history.size()));
}

// z[k]: how many of the last tokens are also found k tokens further back (the Z-algorithm on the
// reversed sequence, Gusfield 1997). z[0] is not used.
std::vector<size_t> repeat_lengths(std::span<const int32_t> tokens) {
  const size_t size = tokens.size();
  const auto back = [&](size_t i) { return tokens[size - 1 - i]; };
  std::vector<size_t> z(size, 0);
  size_t left = 0;
  size_t right = 0;  // [left, right) is the rightmost stretch known to repeat
  for (size_t k = 1; k < size; ++k) {
    size_t length = k < right ? std::min(right - k, z[k - left]) : 0;
    while (k + length < size && back(length) == back(k + length)) ++length;
    z[k] = length;
    if (k + length > right) {
      left = k;
      right = k + length;
    }
  }
  return z;
}

}  // namespace

void apply_penalties(std::span<float> logits, std::span<const int32_t> history,
                     const PenaltyOptions& options) {
  const bool is_off = options.repetition == 1 && options.presence == 0 && options.frequency == 0;
  if (is_off) return;
  const std::span<const int32_t> window = last_of(history, options.window);
  std::vector<int32_t> tokens(window.begin(), window.end());
  std::sort(tokens.begin(), tokens.end());
  for (size_t i = 0; i < tokens.size();) {
    const int32_t token = tokens[i];
    GANGLION_ASSERT(token >= 0 && static_cast<size_t>(token) < logits.size());
    size_t count = 0;
    for (; i < tokens.size() && tokens[i] == token; ++i) ++count;
    float& logit = logits[static_cast<size_t>(token)];
    logit = logit <= 0 ? logit * options.repetition : logit / options.repetition;
    logit -= static_cast<float>(count) * options.frequency + options.presence;
  }
}

void apply_dry(std::span<float> logits, std::span<const int32_t> history, size_t tokens_since_break,
               const DryOptions& options) {
  if (options.multiplier <= 0) return;
  const std::span<const int32_t> window = last_of(history, options.window);
  const size_t longest = std::min(tokens_since_break, window.size());
  if (window.size() <= options.allowed_length || longest < options.allowed_length) return;
  const std::vector<size_t> z = repeat_lengths(window);
  // The longest repetition that each token would continue.
  std::vector<std::pair<int32_t, size_t>> continued;
  for (size_t k = 1; k < z.size(); ++k) {
    const size_t length = std::min(z[k], longest);
    if (length >= options.allowed_length) {
      continued.emplace_back(window[window.size() - k], length);
    }
  }
  std::sort(continued.begin(), continued.end());
  for (size_t i = 0; i < continued.size(); ++i) {
    const auto [token, length] = continued[i];
    if (i + 1 < continued.size() && continued[i + 1].first == token) continue;  // a longer follows
    GANGLION_ASSERT(token >= 0 && static_cast<size_t>(token) < logits.size());
    const double penalty = static_cast<double>(options.multiplier) *
                           std::pow(static_cast<double>(options.base),
                                    static_cast<double>(length - options.allowed_length));
    // Bounded, so that no logit becomes infinite: a ban is not a penalty's to give.
    logits[static_cast<size_t>(token)] -= static_cast<float>(std::min(penalty, 1e30));
  }
}

BreakCounter::BreakCounter(std::vector<std::string> breakers) : breakers_(std::move(breakers)) {
  for (const std::string& breaker : breakers_) longest_ = std::max(longest_, breaker.size());
}

void BreakCounter::accept(int32_t token, const Tokenizer& tokenizer) {
  const size_t old_size = tail_.size();
  tokenizer.append_bytes(token, tail_);
  ++count_;
  for (const std::string& breaker : breakers_) {
    // Only an occurrence that ends in the bytes of this token.
    const size_t from = old_size + 1 > breaker.size() ? old_size + 1 - breaker.size() : 0;
    if (tail_.find(breaker, from) != std::string::npos) count_ = 0;
  }
  const size_t kept = longest_ > 0 ? longest_ - 1 : 0;
  if (tail_.size() > kept) tail_.erase(0, tail_.size() - kept);
}

}  // namespace ganglion
