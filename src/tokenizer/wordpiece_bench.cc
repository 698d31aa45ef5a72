#include <benchmark/benchmark.h>

#include "base/test_paths.h"
#include "tokenizer/wordpiece_files.h"

namespace ganglion {
namespace {

constexpr std::string_view kTicket =
    "Hello, I ordered two replacement filters last Tuesday and the parcel still shows as waiting "
    "at the depot. Could you tell me when it will arrive, or refund the shipping?";

// One ticket of 30 words with the vocabulary of all-MiniLM-L6-v2.
void bench_wordpiece_ticket(benchmark::State& state) {
  const auto folder = minilm_path();
  if (!folder) {
    state.SkipWithError("no MiniLM weights: run scripts/fetch_test_models.sh");
    return;
  }
  const WordPiece tokenizer = load_wordpiece(*folder).value();
  std::vector<int32_t> ids;
  for (auto _ : state) {
    tokenizer.encode(kTicket, {}, ids);
    benchmark::DoNotOptimize(ids.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kTicket.size()));
}
BENCHMARK(bench_wordpiece_ticket);

}  // namespace
}  // namespace ganglion
