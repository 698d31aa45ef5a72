// Everything a caller may say about how tokens are chosen. docs/generation.md has the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/result.h"

namespace ganglion {

// As a window of penalties: all that has been read and written.
inline constexpr size_t kWholeContext = std::numeric_limits<size_t>::max();

// Against tokens that stand among the last `window` ones, of the prompt or of the answer.
struct PenaltyOptions {
  size_t window = 64;    // tokens; 0: off
  float repetition = 1;  // (0, 10]: positive logits are divided, others multiplied; 1: off
  float presence = 0;    // [-2, 2]: taken off once
  float frequency = 0;   // [-2, 2]: taken off for every occurrence
};

// DRY, "don't repeat yourself" (P. E. Weidmann 2024): against tokens that would go on with a
// repetition of earlier text. With a repeated stretch of n >= allowed_length tokens, what follows
// it is penalised by multiplier * base^(n - allowed_length).
struct DryOptions {
  float multiplier = 0;       // [0, 100]; 0: off
  float base = 1.75F;         // [1, 10]
  size_t allowed_length = 2;  // [1, 1,000,000] tokens
  size_t window = kWholeContext;
  // Repetitions are not followed across these strings: at most 64, of 1 to 64 bytes.
  std::vector<std::string> breakers = {"\n", ":", "\"", "*"};
};

struct XtcOptions {
  float probability = 0;   // [0, 1] that it acts at a step; 0: off
  float threshold = 0.1F;  // [0, 1]; above 0.5: off
};

// Mirostat 2 (Basu et al. 2021): in place of all truncation, holds the surprise near `tau`.
struct MirostatOptions {
  bool is_on = false;
  float tau = 5;     // (0, 100] bits of surprise
  float eta = 0.1F;  // (0, 1]: how fast it learns
};

struct LogitBias {
  int32_t id;
  float bias;  // added; -infinity bans the token
};

struct SamplingOptions {
  float temperature = 0.8F;  // [0, 100]; 0: always the best candidate
  size_t top_k = 40;         // 0: off
  float top_p = 0.95F;       // [0, 1]; 1: off
  float min_p = 0.05F;       // [0, 1]; 0: off
  float typical_p = 1;       // (0, 1]; 1: off
  PenaltyOptions penalties;
  DryOptions dry;
  XtcOptions xtc;
  MirostatOptions mirostat;
  std::vector<LogitBias> logit_bias;
  uint64_t seed = 0;
};

// kInvalidArgument names the parameter, its range and the value.
Status check_sampling_options(const SamplingOptions& options, size_t vocabulary_size);

}  // namespace ganglion
