// Samplers that lower the logits of what has been said before. `logits` is a whole row, [V].
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/sampling/sampling_options.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

// Repetition (Keskar et al. 2019, CTRL), presence and frequency penalties, in this order, for every
// token among the last `options.window` of `history`.
void apply_penalties(std::span<float> logits, std::span<const int32_t> history,
                     const PenaltyOptions& options);

// DRY over the last `options.window` tokens of `history`. `tokens_since_break` of them, at the end,
// stand behind the last sequence breaker. O(window).
void apply_dry(std::span<float> logits, std::span<const int32_t> history, size_t tokens_since_break,
               const DryOptions& options);

// Counts the tokens behind the last sequence breaker, which may lie across token borders. Not
// thread-safe.
class BreakCounter {
 public:
  explicit BreakCounter(std::vector<std::string> breakers);
  void accept(int32_t token, const Tokenizer& tokenizer);
  size_t tokens_since_break() const { return count_; }

 private:
  std::vector<std::string> breakers_;
  size_t longest_ = 0;  // bytes
  std::string tail_;    // the last longest_ - 1 bytes
  size_t count_ = 0;
};

}  // namespace ganglion
