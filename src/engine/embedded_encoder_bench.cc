#include <benchmark/benchmark.h>

#include <vector>

#include "engine/encoder.h"

namespace ganglion {
namespace {

// 30 words.
constexpr std::string_view kTicket =
    "Hello, I ordered two replacement filters last Tuesday and the parcel still shows as waiting "
    "at the depot. Could you tell me when it will arrive, or refund the shipping?";

// Text to normalised vector with the encoder inside the binary, on one core.
void bench_embedded_encoder_ticket(benchmark::State& state) {
  const auto encoder = embedded_encoder();
  if (!encoder.ok()) {
    state.SkipWithError(encoder.error().message.c_str());
    return;
  }
  std::vector<float> vector((*encoder)->hidden_size());
  for (auto _ : state) {
    const Status status = (*encoder)->embed(std::span(&kTicket, 1), vector);
    benchmark::DoNotOptimize(status.ok());
    benchmark::DoNotOptimize(vector.data());
  }
}
BENCHMARK(bench_embedded_encoder_ticket);

}  // namespace
}  // namespace ganglion
