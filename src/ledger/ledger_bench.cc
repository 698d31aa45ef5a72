// Records a second, each acknowledged only when it is on the disk: one at a time from many
// producers, and pipelined from one. Writes to $TMPDIR or /tmp; run it where the ledger will be.

#include "ledger/ledger.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "ledger/ledger_verification.h"
#include "ledger/record_testing.h"

namespace ganglion {
namespace {

std::filesystem::path bench_folder() {
  const char* const folder = std::getenv("TMPDIR");
  return std::filesystem::path(folder == nullptr ? "/tmp" : folder) /
         fmt::format("ganglion_ledger_bench.{}", ::getpid());
}

std::unique_ptr<Ledger> open_fresh() {
  std::filesystem::remove_all(bench_folder());
  std::filesystem::create_directories(bench_folder());
  return Ledger::open(bench_folder() / "ledger.db").value();
}

// The arguments: producers are the benchmark's threads; each waits for every record.
void append_each(benchmark::State& state) {
  static std::unique_ptr<Ledger> ledger;
  static std::atomic<int64_t> number;
  if (state.thread_index() == 0) {
    ledger = open_fresh();
    number = 0;
  }
  for (auto _ : state) {
    if (!ledger->append(make_test_record(number++)).ok()) state.SkipWithError("append failed");
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) {
    ledger.reset();
    std::filesystem::remove_all(bench_folder());
  }
}
BENCHMARK(append_each)->Threads(1)->Threads(16)->Threads(64)->Threads(256)->UseRealTime();

// One producer; wait_all() acknowledges every `range` records.
void append_pipelined(benchmark::State& state) {
  const std::unique_ptr<Ledger> ledger = open_fresh();
  int64_t number = 0;
  for (auto _ : state) {
    const auto first = ledger->enqueue(make_test_record(number++));
    auto last = first;
    for (int64_t i = 1; i < state.range(0) && last.ok(); ++i) {
      last = ledger->enqueue(make_test_record(number++));
    }
    if (!last.ok()) {
      state.SkipWithError("enqueue failed");
    } else if (!ledger->wait_all(*first, *last).ok()) {
      state.SkipWithError("wait_all failed");
    }
  }
  state.SetItemsProcessed(number);
  std::filesystem::remove_all(bench_folder());
}
BENCHMARK(append_pipelined)->Arg(64)->Arg(256)->Arg(1024)->Arg(8192)->UseRealTime();

void verify(benchmark::State& state) {
  {
    const std::unique_ptr<Ledger> ledger = open_fresh();
    for (int64_t i = 0; i < state.range(0); ++i) {
      if (!ledger->enqueue(make_test_record(i)).ok()) state.SkipWithError("enqueue failed");
    }
  }
  for (auto _ : state) {
    const auto verification = verify_ledger(bench_folder() / "ledger.db");
    if (!verification.ok() || !verification->faults.empty()) state.SkipWithError("verify failed");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  std::filesystem::remove_all(bench_folder());
}
BENCHMARK(verify)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ganglion
