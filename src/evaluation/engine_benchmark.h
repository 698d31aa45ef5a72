// How fast an engine reads a prompt and writes tokens, and what share of the machine that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/progress.h"
#include "base/result.h"
#include "engine/language_model.h"
#include "kernels/peak.h"
#include "models/decoder_work.h"

namespace ganglion {

struct EngineBenchmarkOptions {
  size_t prompt_tokens = 512;
  size_t generate_tokens = 64;
  size_t depth = 0;        // tokens that are in the cache before either begins
  size_t num_streams = 1;  // sequences that are generated at once, of `depth` each
  size_t repetitions = 5;
  DType cache_type = DType::kBF16;
  uint64_t seed = 1;  // of the tokens
};

struct Spread {
  double min = 0;
  double median = 0;  // of an even number the mean of the middle two
  double max = 0;
};
// Requires at least one value (asserted).
Spread spread_of(std::vector<double> values);

struct EngineTimes {
  double first_pass_s = 0;           // a token alone, the first that the model ever reads
  std::vector<double> prefill_s;     // of each repetition: the prompt, with its last token's logits
  std::vector<double> generation_s;  // all tokens one by one, each with logits, of all streams
};

// Reads pseudo-random tokens. After the first pass and one unmeasured repetition, each repetition
// reads one prompt and, back at `depth`, takes the steps of all streams. kInvalidArgument when a
// count is 0; errors of LanguageModel::start. `progress` counts tokens.
Result<EngineTimes> measure_engine(const LanguageModel& model,
                                   const EngineBenchmarkOptions& options, const Clock& clock,
                                   ProgressSink& progress);

// The unit that a model's weights are measured against.
struct ArithmeticPeak {
  std::string_view name;       // "int8", "bf16" or "f32"
  std::optional<double> gops;  // none where the machine has no such instruction
};
// int8 for quantised weights, bf16 for F16 and BF16.
ArithmeticPeak peak_for(DType weight_type, const MachinePeaks& peaks);

struct EngineFigures {
  Spread prefill_tokens_per_s;
  Spread decode_tokens_per_s;  // of all streams together
  Spread time_to_first_token_s;
  double prefill_operations = 0;      // of one prompt
  double decode_bytes_per_token = 0;  // mean of the steps
  ArithmeticPeak peak;
  // By the medians; none where the machine has no such peak.
  std::optional<double> prefill_fraction_of_peak;
  std::optional<double> decode_fraction_of_bandwidth;
};
EngineFigures engine_figures(const EngineTimes& times, const EngineBenchmarkOptions& options,
                             const DecoderWork& work, const MachinePeaks& peaks);

}  // namespace ganglion
