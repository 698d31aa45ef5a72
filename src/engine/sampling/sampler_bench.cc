// One step of sampling over a vocabulary of 151,936 tokens (Qwen2.5's).
#include "engine/sampling/sampler.h"

#include <benchmark/benchmark.h>

#include "base/rng.h"
#include "engine/sampling/log_probabilities.h"

namespace ganglion {
namespace {

constexpr size_t kVocabulary = 151'936;

std::vector<float> logits_of(double spread) {
  Rng rng(1);
  std::vector<float> logits(kVocabulary);
  for (float& logit : logits) logit = static_cast<float>(rng.normal() * spread);
  return logits;
}

SamplingOptions all_off() {
  SamplingOptions options;
  options.top_k = 0;
  options.top_p = 1;
  options.min_p = 0;
  return options;
}

void sample(benchmark::State& state, const SamplingOptions& options, double spread) {
  const std::vector<float> logits = logits_of(spread);
  Sampler sampler = Sampler::create(options, nullptr, kVocabulary).value();
  Rng rng(2);
  for (int i = 0; i < 2000; ++i) sampler.accept(static_cast<int32_t>(rng.below(kVocabulary)));
  for (auto step : state) benchmark::DoNotOptimize(sampler.sample(logits));
}

void greedy(benchmark::State& state) {
  SamplingOptions options;
  options.temperature = 0;
  sample(state, options, 3);
}
BENCHMARK(greedy)->Unit(benchmark::kMicrosecond);

void defaults(benchmark::State& state) { sample(state, {}, 3); }
BENCHMARK(defaults)->Unit(benchmark::kMicrosecond);

void penalties_and_dry(benchmark::State& state) {
  SamplingOptions options;
  options.penalties.repetition = 1.1F;
  options.dry.multiplier = 0.8F;
  sample(state, options, 3);
}
BENCHMARK(penalties_and_dry)->Unit(benchmark::kMicrosecond);

void top_p_of_the_whole_vocabulary(benchmark::State& state) {
  SamplingOptions options = all_off();
  options.top_p = 0.95F;
  sample(state, options, static_cast<double>(state.range(0)));
}
BENCHMARK(top_p_of_the_whole_vocabulary)->Arg(1)->Arg(3)->Unit(benchmark::kMicrosecond);

void typical_of_the_whole_vocabulary(benchmark::State& state) {
  SamplingOptions options = all_off();
  options.typical_p = 0.9F;
  sample(state, options, 3);
}
BENCHMARK(typical_of_the_whole_vocabulary)->Unit(benchmark::kMicrosecond);

void no_truncation(benchmark::State& state) { sample(state, all_off(), 3); }
BENCHMARK(no_truncation)->Unit(benchmark::kMicrosecond);

void twenty_log_probabilities(benchmark::State& state) {
  const std::vector<float> logits = logits_of(3);
  for (auto step : state) benchmark::DoNotOptimize(log_probabilities(logits, 17, 20));
}
BENCHMARK(twenty_log_probabilities)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ganglion
