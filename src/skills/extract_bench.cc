// The time to extract the fields of one ticket by rule.
#include <benchmark/benchmark.h>

#include "base/check.h"
#include "skills/extract.h"

namespace ganglion {
namespace {

constexpr std::string_view kSchema = R"({"type":"object","properties":{
  "email":{"type":"string","format":"email"},"phone":{"type":"string","format":"phone"},
  "order":{"type":"string","pattern":"^ORD-\\d{6}$"},
  "due":{"type":"string","format":"date","x-cue":["due","by"]},
  "total":{"type":"object","format":"amount"},
  "urgency":{"type":"string","enum":["low","normal","high"],"x-synonyms":{"high":["urgent"]}},
  "quantity":{"type":"integer","x-cue":["pieces","items"]}}})";

constexpr std::string_view kTicket =
    "Hello, I ordered 3 pieces of the blue lamp two weeks ago (order ORD-123456) and paid 1.299,00 "
    "EUR, but only one has arrived. It was due by 31st of March 2025. This is urgent, as the shop "
    "opens on Monday. Please call me on +49 30 901820 or write to zoe.keller@example.com. "
    "Kind regards, Zoe Keller";

void bench_extract(benchmark::State& state) {
  const auto schema = parse_json(kSchema, "schema");
  const auto extractor = Extractor::create(*schema, "schema", nullptr);
  GANGLION_ASSERT(extractor.ok());
  for (auto _ : state) {
    benchmark::DoNotOptimize(extractor->extract(kTicket));
  }
}
BENCHMARK(bench_extract)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ganglion
