#include "mesh/ticket_run.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <sstream>
#include <thread>

#include "mesh/fake_skills.h"

namespace ganglion {
namespace {

class Collector final : public OutcomeSink {
 public:
  Status take(const TicketOutcome& outcome) override {
    if (fail_after_ == outcomes.size()) return fail(ErrorCode::kIo, "disk is full");
    outcomes.push_back(outcome);
    return {};
  }
  void fail_after(size_t count) { fail_after_ = count; }
  std::vector<TicketOutcome> outcomes;

 private:
  size_t fail_after_ = SIZE_MAX;
};

// Answers "refund low"; fails for texts with "offline".
class FakeRemote final : public RemoteAsker {
 public:
  RemoteAnswer ask(std::string_view text) override {
    ++asked;
    RemoteAnswer answer;
    if (text.find("offline") != std::string_view::npos) {
      answer.failure = "not there";
      return answer;
    }
    answer.labels = {"refund", "low"};
    answer.cost_micros = 120;
    answer.egress_sha256 = "e9";
    return answer;
  }
  std::atomic<int> asked = 0;
};

struct Bench {
  FakeSkills skills;
  Router router{{0}, {"chargeback"}, 0.8};
  RemotePrice price{"EUR", 1'000, 2'000};
  IdGenerator ids{system_clock(), 1};
  Collector collector;
  FakeRemote remote;
  RunOptions options{3, 2, 16, false};

  Status run(const std::string& input, bool with_remote = false) {
    std::istringstream source(input);
    const RunTiers tiers{skills, router,         with_remote ? &remote : nullptr,
                         price,  system_clock(), ids};
    SilentProgress progress;
    OutcomeSink* sinks[] = {&collector};
    return run_tickets(TicketReader(source, "t.jsonl", skills.skill_names()), 0, tiers, options,
                       sinks, progress);
  }
};

std::string line(std::string_view text, std::string_view more = "") {
  return fmt::format("{{\"text\":\"{}\"{}}}\n", text, more);
}

TEST(TicketRun, KeepsTheOrderOfTheInput) {
  Bench bench;
  std::string input;
  for (int i = 0; i < 3'000; ++i) {
    input += line(fmt::format("login 0.{} high 1 number {}", 5 + i % 5, i));
  }
  ASSERT_TRUE(bench.run(input).ok());
  ASSERT_EQ(bench.collector.outcomes.size(), 3'000u);
  for (size_t i = 0; i < 3'000; ++i) {
    const TicketOutcome& outcome = bench.collector.outcomes[i];
    EXPECT_EQ(outcome.ticket.line, static_cast<int64_t>(i + 1));
    EXPECT_EQ(outcome.route.local, i % 5 >= 3);
    if (i > 0) {
      EXPECT_GT(outcome.decision_id, bench.collector.outcomes[i - 1].decision_id);
    }
  }
}

TEST(TicketRun, RoutesByConfidenceAndPolicy) {
  Bench bench;
  ASSERT_TRUE(bench
                  .run(line("login 0.9 high 1", R"(,"intent":"login")") +
                       line("login 0.9 high 1", R"(,"intent":"refund")") +
                       line("login 0.5 high 1", R"(,"intent":"login")") +
                       line("chargeback 1 high 1") + line("unredactable") +
                       line("login 0.9 high 1 draftless") + line("oos 0.95 low 1"))
                  .ok());
  const auto& outcomes = bench.collector.outcomes;
  ASSERT_EQ(outcomes.size(), 7u);
  EXPECT_EQ(outcomes[0].tier, Tier::kReflex);
  EXPECT_EQ(outcomes[0].correct, true);
  EXPECT_EQ(outcomes[1].correct, false);
  EXPECT_EQ(outcomes[2].tier, Tier::kPerson);
  EXPECT_EQ(outcomes[2].route.reason, RouteReason::kRiskAboveLimit);
  EXPECT_EQ(outcomes[2].reflex_correct, true);
  EXPECT_EQ(outcomes[2].correct, std::nullopt);
  EXPECT_EQ(outcomes[3].route.reason, RouteReason::kAlwaysEscalated);
  EXPECT_EQ(outcomes[4].route.reason, RouteReason::kRedactionFailed);
  EXPECT_EQ(outcomes[4].trail, (std::vector<std::string>{"detector is broken"}));
  EXPECT_EQ(outcomes[4].reflex.redacted_text, "");
  EXPECT_EQ(outcomes[5].route.reason, RouteReason::kDraftRejected);
  EXPECT_EQ(outcomes[6].tier, Tier::kReflex);  // out of scope is an answer
  EXPECT_GT(outcomes[6].remote_only_cost_micros, 0);
}

TEST(TicketRun, EscalatesToTheRemoteTierAndThenToAPerson) {
  Bench bench;
  ASSERT_TRUE(bench
                  .run(line("login 0.5 high 1", R"(,"intent":"refund")") +
                           line("login 0.5 high 1 offline") + line("unredactable") +
                           line("login 0.9 high 1"),
                       /*with_remote=*/true)
                  .ok());
  const auto& outcomes = bench.collector.outcomes;
  EXPECT_EQ(outcomes[0].tier, Tier::kRemote);
  EXPECT_EQ(outcomes[0].labels, (std::vector<std::string>{"refund", "low"}));
  EXPECT_EQ(outcomes[0].correct, true);
  EXPECT_EQ(outcomes[0].reflex_correct, false);
  EXPECT_EQ(outcomes[0].cost_micros, 120);
  EXPECT_EQ(outcomes[1].tier, Tier::kPerson);
  EXPECT_EQ(outcomes[1].trail.back(), "the remote tier gave no answer: not there");
  EXPECT_EQ(outcomes[2].tier, Tier::kPerson);  // never sent
  EXPECT_EQ(outcomes[3].tier, Tier::kReflex);
  EXPECT_EQ(bench.remote.asked, 2);
}

TEST(TicketRun, ABadLineStopsUnlessSkipped) {
  Bench bench;
  const std::string input = line("login 0.9 high 1") + "broken\n" + line("login 0.9 high 1");
  const Status stopped = bench.run(input);
  ASSERT_FALSE(stopped.ok());
  EXPECT_NE(stopped.error().message.find("t.jsonl:2"), std::string::npos);
  bench.collector.outcomes.clear();
  bench.options.skip_bad_lines = true;
  ASSERT_TRUE(bench.run(input).ok());
  EXPECT_EQ(bench.collector.outcomes.size(), 2u);
  std::istringstream source(input);
  const InputScan scan = scan_tickets(TicketReader(source, "t.jsonl", bench.skills.skill_names()));
  EXPECT_EQ(scan.num_tickets, 2);
  EXPECT_EQ(scan.num_bad_lines, 1);
  ASSERT_EQ(scan.first_problems.size(), 1u);
}

TEST(TicketRun, AFailingSinkEndsTheRun) {
  Bench bench;
  bench.collector.fail_after(5);
  std::string input;
  for (int i = 0; i < 200; ++i) input += line("login 0.5 high 1");
  const Status status = bench.run(input, /*with_remote=*/true);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "disk is full");
}

TEST(TicketRun, AnEmptyInputIsNoError) {
  Bench bench;
  EXPECT_TRUE(bench.run("").ok());
  EXPECT_TRUE(bench.collector.outcomes.empty());
}

}  // namespace
}  // namespace ganglion
