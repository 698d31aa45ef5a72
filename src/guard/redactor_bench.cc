// Redaction of a ticket of about 1 KB: rules alone, and with the tagger of names.
#include <benchmark/benchmark.h>

#include <string>

#include "guard/default_redactor.h"

namespace ganglion {
namespace {

const std::string& ticket() {
  static const std::string text = [] {
    const std::string part =
        "Hello, my name is Ann Lee and order 4711 has not arrived. I paid 49.90 EUR on 2026-03-02 "
        "with card 4111 1111 1111 1111; please refund to DE89 3704 0044 0532 0130 00 or write to "
        "ann.lee@example.org. The tracking number is 021000021 and the parcel is stuck since last "
        "week. I called +49 30 1234567 twice and nobody answered the phone. ";
    return part + part + part;
  }();
  return text;
}

void redact_ticket(benchmark::State& state, const Redactor& redactor) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(redactor.redact(ticket(), nullptr));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(ticket().size()));
}

void rules_only(benchmark::State& state) { redact_ticket(state, Redactor(make_rule_detectors())); }
BENCHMARK(rules_only)->Unit(benchmark::kMicrosecond);

void with_names(benchmark::State& state) {
  const auto redactor = load_default_redactor();
  if (!redactor.ok()) return state.SkipWithError(redactor.error().message.c_str());
  redact_ticket(state, *redactor);
}
BENCHMARK(with_names)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ganglion
