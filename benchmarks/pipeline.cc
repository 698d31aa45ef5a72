// Speed of the whole reflex pipeline (redact, classify, extract, draft, route, ledger) on the
// example tickets, and of the routing decision alone.
//   bench_pipeline [MESH] [TICKETS] [THREADS]
// Defaults: examples/support/mesh.yaml, its test tickets, 2. The mesh's models must be there:
// `make demo` makes them.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "ledger/ledger.h"
#include "mesh/calibration.h"
#include "mesh/outcome_record.h"
#include "mesh/reflex_skills.h"
#include "mesh/ticket_run.h"

namespace ganglion {
namespace {

constexpr int64_t kTickets = 20'000;

class LatencySink final : public OutcomeSink {
 public:
  Status take(const TicketOutcome& outcome) override {
    latencies_us_.push_back(outcome.latency_us);
    return {};
  }
  int64_t percentile(double share) {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    return latencies_us_[static_cast<size_t>(share *
                                             static_cast<double>(latencies_us_.size() - 1))];
  }

 private:
  std::vector<int64_t> latencies_us_;
};

std::string repeated(const std::string& lines, int64_t count) {
  const auto per_copy = std::count(lines.begin(), lines.end(), '\n');
  std::string text;
  for (int64_t have = 0; have < count; have += per_copy) text += lines;
  return text;
}

double decision_nanoseconds(const Router& router, const TicketSkills& skills) {
  const ReflexAnswer answer = skills.answer("I cannot sign in since this morning");
  constexpr int kDecisions = 1'000'000;
  int64_t local = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kDecisions; ++i) {
    local += router.decide(scores_of(answer), draft_verdict(answer)).local ? 1 : 0;
  }
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
  return local < 0 ? 0.0 : elapsed.count() / kDecisions;
}

Status measure(const std::string& mesh_path, const std::string& tickets, size_t threads) {
  GANGLION_ASSIGN(const MeshFile mesh, load_mesh_file(mesh_path));
  GANGLION_ASSIGN(const std::unique_ptr<const ReflexSkills> skills, ReflexSkills::load(mesh));
  GANGLION_ASSIGN(const Calibration calibration, calibrate(mesh, *skills));
  const Router router(judged_skills(mesh, *skills), mesh.policy.always_escalate,
                      calibration.certificate.threshold);
  GANGLION_ASSIGN(const std::string lines, read_file(tickets));
  std::istringstream input(repeated(lines, kTickets));

  const std::filesystem::path ledger_path =
      std::filesystem::temp_directory_path() / fmt::format("bench_pipeline_{}.db", ::getpid());
  GANGLION_ASSIGN(const std::unique_ptr<Ledger> ledger, Ledger::open(ledger_path));
  const RunIdentity identity{skills->skill_names().front(), mesh.sha256_hex, skills->models(),
                             router.threshold()};
  LedgerSink ledger_sink(*ledger, identity);
  LatencySink latency_sink;
  OutcomeSink* const sinks[] = {&ledger_sink, &latency_sink};
  IdGenerator ids(system_clock(), 1);
  const RunTiers tiers{*skills, router, nullptr, mesh.price, system_clock(), ids};
  RunOptions options;
  options.reflex_threads = threads;
  SilentProgress progress;
  const auto start = std::chrono::steady_clock::now();
  GANGLION_TRY(run_tickets(TicketReader(input, tickets, skills->skill_names()), kTickets, tiers,
                           options, sinks, progress));
  GANGLION_TRY(ledger_sink.finish());
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  fmt::print("| reflex threads | tickets/s | p50 us | p99 us | decision ns |\n");
  fmt::print("| --- | --- | --- | --- | --- |\n");
  fmt::print("| {} | {:.0f} | {} | {} | {:.0f} |\n", threads,
             static_cast<double>(kTickets) / elapsed.count(), latency_sink.percentile(0.50),
             latency_sink.percentile(0.99), decision_nanoseconds(router, *skills));
  for (const char* ending : {"", "-wal", "-shm"}) {
    std::filesystem::remove(ledger_path.string() + ending);
  }
  return {};
}

}  // namespace
}  // namespace ganglion

int main(int argc, char** argv) {
  const std::string folder = "examples/support/";
  const std::string mesh = argc > 1 ? argv[1] : folder + "mesh.yaml";
  const std::string tickets = argc > 2 ? argv[2] : folder + "tickets/test.jsonl";
  const size_t threads = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 2;
  const ganglion::Status status = ganglion::measure(mesh, tickets, threads);
  if (status.ok()) return 0;
  fmt::print(stderr, "error: {}\n", status.error().message);
  return 1;
}
