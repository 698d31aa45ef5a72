#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/test_paths.h"
#include "engine/bert_encoder.h"
#include "models/hugging_face/convert.h"

namespace ganglion {
namespace {

constexpr std::string_view kTicket =
    "Hello, I ordered two replacement filters last Tuesday and the parcel still shows as waiting "
    "at the depot. Could you tell me when it will arrive, or refund the shipping?";

// Texts of 1 to 4 tickets' length, as a support inbox has them.
std::vector<std::string> mixed_texts(size_t count) {
  std::vector<std::string> texts(count);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j <= i % 4; ++j) texts[i] += kTicket;
    texts[i].resize(texts[i].size() * (i % 7 + 1) / 7);
  }
  return texts;
}

// all-MiniLM-L6-v2; arguments: precision, threads, texts in a call.
void bench_minilm(benchmark::State& state) {
  const auto folder = minilm_path();
  if (!folder) {
    state.SkipWithError("no MiniLM weights: run scripts/fetch_test_models.sh");
    return;
  }
  const EncoderOptions options{.precision = state.range(0) == 0 ? Precision::kF32 : Precision::kS8,
                               .num_threads = static_cast<size_t>(state.range(1))};
  const auto encoder = BertEncoder::load(open_model(*folder).value(), options).value();
  const std::vector<std::string> texts = mixed_texts(static_cast<size_t>(state.range(2)));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> out(texts.size() * encoder->hidden_size());
  size_t num_tokens = 0;
  for (const std::string& text : texts) num_tokens += encoder->model().encode(text).ids.size();
  for (auto _ : state) {
    benchmark::DoNotOptimize(encoder->embed(views, out).ok());
  }
  state.SetLabel(std::string(precision_name(options.precision)));
  state.counters["texts/s"] = benchmark::Counter(
      static_cast<double>(texts.size() * state.iterations()), benchmark::Counter::kIsRate);
  state.counters["tokens/s"] = benchmark::Counter(
      static_cast<double>(num_tokens * state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(bench_minilm)
    ->ArgNames({"int8", "threads", "texts"})
    ->ArgsProduct({{0, 1}, {1}, {1, 64}})
    ->Args({0, 2, 64})
    ->Args({1, 2, 64})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ganglion
