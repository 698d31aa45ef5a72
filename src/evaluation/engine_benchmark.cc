#include "evaluation/engine_benchmark.h"

#include <algorithm>
#include <memory>
#include <span>

#include "base/check.h"
#include "base/rng.h"

namespace ganglion {
namespace {

double seconds_between(int64_t start_ns, int64_t end_ns) {
  return static_cast<double>(end_ns - start_ns) * 1e-9;
}

// The streams' sessions, and the tokens that they read again and again.
class EngineRun {
 public:
  EngineRun(const LanguageModel& model, const EngineBenchmarkOptions& options, const Clock& clock,
            ProgressSink& progress)
      : model_(model),
        options_(options),
        clock_(clock),
        progress_(progress),
        total_tokens_(options.num_streams * options.depth +
                      (options.repetitions + 1) *
                          (options.prompt_tokens + options.num_streams * options.generate_tokens)) {
    Rng rng(options.seed);
    // A stream begins one token later than the one before it, so that they share nothing.
    tokens_.resize(options.num_streams +
                   std::max({options.prompt_tokens, options.generate_tokens, options.depth}));
    for (int32_t& token : tokens_) {
      token = static_cast<int32_t>(rng.below(model.description().vocabulary_size));
    }
  }

  Status start() {
    SessionOptions session_options;
    session_options.context_length =
        options_.depth + std::max(options_.prompt_tokens, options_.generate_tokens);
    session_options.cache_type = options_.cache_type;
    logits_.resize(options_.num_streams);
    for (size_t stream = 0; stream < options_.num_streams; ++stream) {
      GANGLION_ASSIGN(std::unique_ptr<Session> session, model_.start(session_options));
      sessions_.push_back(std::move(session));
    }
    return {};
  }

  Status run(EngineTimes& times) {
    GANGLION_ASSIGN(times.first_pass_s, time_first(1));
    sessions_.front()->truncate(0);
    GANGLION_TRY(fill());
    for (size_t repetition = 0; repetition <= options_.repetitions; ++repetition) {
      GANGLION_ASSIGN(const double prefill_s, prefill());
      GANGLION_ASSIGN(const double generation_s, generate());
      if (repetition == 0) continue;  // warms up
      times.prefill_s.push_back(prefill_s);
      times.generation_s.push_back(generation_s);
    }
    return {};
  }

 private:
  Status fill() {
    constexpr size_t kPiece = 512;  // so that the progress moves
    for (size_t stream = 0; stream < options_.num_streams; ++stream) {
      for (size_t first = 0; first < options_.depth; first += kPiece) {
        const size_t count = std::min(kPiece, options_.depth - first);
        GANGLION_TRY(sessions_[stream]->append({tokens_.data() + stream + first, count},
                                               LogitRows::kNone, logits_[stream]));
        advance(count, "filling the cache");
      }
    }
    return {};
  }

  Result<double> prefill() {
    sessions_.front()->truncate(options_.depth);
    GANGLION_ASSIGN(const double seconds, time_first(options_.prompt_tokens));
    advance(options_.prompt_tokens, "prefill");
    return seconds;
  }

  Result<double> generate() {
    for (const auto& session : sessions_) session->truncate(options_.depth);
    double seconds = 0;
    for (size_t i = 0; i < options_.generate_tokens; ++i) {
      GANGLION_ASSIGN(const double step_s, time_step(i));
      seconds += step_s;
      advance(options_.num_streams, "decode");
    }
    return seconds;
  }

  // The first stream reads `num_tokens`.
  Result<double> time_first(size_t num_tokens) {
    const int64_t start = clock_.steady_ns();
    GANGLION_TRY(
        sessions_.front()->append({tokens_.data(), num_tokens}, LogitRows::kLast, logits_.front()));
    return seconds_between(start, clock_.steady_ns());
  }

  // Every stream reads its token `index`.
  Result<double> time_step(size_t index) {
    std::vector<SessionStep> steps;
    for (size_t stream = 0; stream < options_.num_streams; ++stream) {
      steps.push_back({.session = sessions_[stream].get(),
                       .tokens = {tokens_.data() + stream + index, 1},
                       .logits = &logits_[stream]});
    }
    const int64_t start = clock_.steady_ns();
    GANGLION_TRY(model_.append_all(steps));
    return seconds_between(start, clock_.steady_ns());
  }

  void advance(size_t num_tokens, std::string_view note) {
    done_tokens_ += num_tokens;
    progress_.update(done_tokens_, total_tokens_, note);
  }

  const LanguageModel& model_;
  const EngineBenchmarkOptions& options_;
  const Clock& clock_;
  ProgressSink& progress_;
  uint64_t total_tokens_;
  uint64_t done_tokens_ = 0;
  std::vector<int32_t> tokens_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<std::vector<float>> logits_;
};

Spread rates(const std::vector<double>& seconds, size_t num_tokens) {
  std::vector<double> values;
  values.reserve(seconds.size());
  for (const double each : seconds) {
    values.push_back(each > 0 ? static_cast<double>(num_tokens) / each : 0);
  }
  return spread_of(std::move(values));
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  GANGLION_ASSERT(!values.empty());
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {values.front(), median, values.back()};
}

Result<EngineTimes> measure_engine(const LanguageModel& model,
                                   const EngineBenchmarkOptions& options, const Clock& clock,
                                   ProgressSink& progress) {
  if (options.prompt_tokens == 0 || options.generate_tokens == 0 || options.repetitions == 0 ||
      options.num_streams == 0) {
    return fail(ErrorCode::kInvalidArgument,
                "benchmark: expected at least one token of prompt, one to generate, one repetition "
                "and one stream, found {}, {}, {} and {}",
                options.prompt_tokens, options.generate_tokens, options.repetitions,
                options.num_streams);
  }
  EngineRun run(model, options, clock, progress);
  GANGLION_TRY(run.start());
  EngineTimes times;
  GANGLION_TRY(run.run(times));
  return times;
}

ArithmeticPeak peak_for(DType weight_type, const MachinePeaks& peaks) {
  if (dtype_traits(weight_type).block_elements > 1) return {"int8", peaks.int8_gops};
  if (weight_type == DType::kF16 || weight_type == DType::kBF16) return {"bf16", peaks.bf16_gflops};
  return {"f32", peaks.f32_gflops};
}

EngineFigures engine_figures(const EngineTimes& times, const EngineBenchmarkOptions& options,
                             const DecoderWork& work, const MachinePeaks& peaks) {
  EngineFigures figures;
  figures.prefill_tokens_per_s = rates(times.prefill_s, options.prompt_tokens);
  figures.decode_tokens_per_s =
      rates(times.generation_s, options.num_streams * options.generate_tokens);
  figures.time_to_first_token_s = spread_of(times.prefill_s);
  figures.prefill_operations = work.prefill_operations(options.depth, options.prompt_tokens);
  double bytes = 0;
  for (size_t i = 0; i < options.generate_tokens; ++i) {
    bytes += work.step_bytes(options.depth + i, options.cache_type, options.num_streams);
  }
  figures.decode_bytes_per_token =
      bytes / static_cast<double>(options.num_streams * options.generate_tokens);
  figures.peak = peak_for(work.weight_type, peaks);
  const double prefill_s = figures.time_to_first_token_s.median;
  if (figures.peak.gops && prefill_s > 0) {
    figures.prefill_fraction_of_peak =
        figures.prefill_operations / prefill_s / 1e9 / *figures.peak.gops;
  }
  if (peaks.read_gb_per_s > 0) {
    figures.decode_fraction_of_bandwidth = figures.decode_bytes_per_token *
                                           figures.decode_tokens_per_s.median / 1e9 /
                                           peaks.read_gb_per_s;
  }
  return figures;
}

}  // namespace ganglion
