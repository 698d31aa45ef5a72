// Output line, ledger record and review item of one outcome.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "mesh/fake_skills.h"
#include "mesh/outcome_json.h"
#include "mesh/outcome_record.h"
#include "text/json.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

TicketOutcome local_outcome() {
  const FakeSkills skills;
  TicketOutcome outcome;
  outcome.ticket = {7, "t-7", "login 0.93 high 0.8 ann@example.org", {}};
  outcome.decision_id = "01ABC";
  outcome.time_us = 1'000'000;
  outcome.reflex = skills.answer("login 0.93 high 0.8");
  outcome.route = {true, RouteReason::kConfident, 0.93};
  outcome.tier = Tier::kReflex;
  outcome.labels = {"login", "high"};
  outcome.latency_us = 120;
  outcome.correct = true;
  return outcome;
}

TicketOutcome person_outcome(const std::string& decision_id) {
  TicketOutcome outcome = local_outcome();
  outcome.decision_id = decision_id;
  outcome.route = {false, RouteReason::kRiskAboveLimit, 0.4};
  outcome.tier = Tier::kPerson;
  outcome.trail = {"the remote tier gave no answer: not there"};
  outcome.correct.reset();
  return outcome;
}

const RunIdentity kRun{"intent", std::string(64, 'b'), {{"intent", std::string(64, 'a')}}, 0.8};

TEST(OutcomeJson, HasTheAnswerAndNotTheRawText) {
  const FakeSkills skills;
  const std::string text = outcome_json(local_outcome(), skills.skill_names(), 0.8);
  EXPECT_EQ(text.find("ann@example.org"), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const json::value line = parse_json(text, "line").value();
  EXPECT_EQ(line.at("id"), "t-7");
  EXPECT_EQ(line.at("tier"), "reflex");
  EXPECT_EQ(line.at("reason"), "confident");
  EXPECT_EQ(line.at("answer").at("intent"), "login");
  EXPECT_EQ(line.at("answer").at("urgency"), "high");
  EXPECT_EQ(line.at("skills").at("urgency").at("confidence"), 0.8);
  EXPECT_EQ(line.at("threshold"), 0.8);
  EXPECT_EQ(line.at("fields").at("order_id"), "LB-1");
  EXPECT_EQ(line.at("redactions").at("EMAIL"), 1);
  EXPECT_EQ(line.at("correct"), true);
}

TEST(OutcomeJson, WhatWaitsForAPersonHasNoAnswer) {
  const FakeSkills skills;
  const json::value line =
      parse_json(outcome_json(person_outcome("01A"), skills.skill_names(), {}), "line").value();
  EXPECT_FALSE(line.as_object().contains("answer"));
  EXPECT_FALSE(line.as_object().contains("threshold"));
  EXPECT_FALSE(line.as_object().contains("correct"));
  EXPECT_EQ(line.at("skills").at("intent").at("label"), "login");
  EXPECT_EQ(line.at("trail").as_array().size(), 1u);
}

TEST(OutcomeRecord, IsOneTheLedgerAccepts) {
  const DecisionRecord record = decision_record(local_outcome(), kRun);
  EXPECT_TRUE(check_record(record).ok());
  EXPECT_EQ(record.answer, "login");
  EXPECT_EQ(record.tier, "reflex");
  EXPECT_EQ(record.threshold, 0.8);
  EXPECT_EQ(record.redactions.at("EMAIL"), 1);
  EXPECT_EQ(record.input_sha256.size(), 64u);
  EXPECT_TRUE(record.egress_sha256.empty());
}

TEST(PersonQueueSink, QueuesWhatAPersonMustAnswer) {
  const fs::path path = fs::path(testing::TempDir()) / "outcome_test_queue.db";
  fs::remove(path);
  auto queue = ReviewQueue::open(path, OpenMode::kCreate);
  ASSERT_TRUE(queue.ok()) << queue.error().message;
  PersonQueueSink sink(*queue, kRun);
  ASSERT_TRUE(sink.take(local_outcome()).ok());
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(sink.take(person_outcome(fmt::format("id-{:03}", i))).ok());
  }
  ASSERT_TRUE(sink.finish().ok());
  EXPECT_EQ(queue->counts()->waiting, 300);
  const ReviewItem item = queue->find("id-007")->item;
  EXPECT_EQ(item.request_id, "t-7");
  EXPECT_EQ(item.suggestion, "login");
  EXPECT_EQ(item.reason, "risk_above_limit");
  EXPECT_EQ(item.text.find("ann@example.org"), std::string::npos);
}

TEST(LedgerSink, RecordsAreThereAfterFinish) {
  const fs::path path = fs::path(testing::TempDir()) / "outcome_test_ledger.db";
  fs::remove(path);
  auto ledger = Ledger::open(path);
  ASSERT_TRUE(ledger.ok()) << ledger.error().message;
  LedgerSink sink(**ledger, kRun);
  ASSERT_TRUE(sink.take(local_outcome()).ok());
  EXPECT_TRUE(sink.finish().ok());
  ASSERT_TRUE(sink.take(local_outcome()).ok());  // the same id again: refused when written
  EXPECT_FALSE(sink.finish().ok());
  EXPECT_TRUE(sink.finish().ok()) << "nothing was taken since";
}

TEST(LedgerSink, AnotherSinksFailureIsNotTakenOver) {
  const fs::path path = fs::path(testing::TempDir()) / "outcome_test_two_sinks.db";
  fs::remove(path);
  auto ledger = Ledger::open(path);
  ASSERT_TRUE(ledger.ok()) << ledger.error().message;
  LedgerSink first(**ledger, kRun);
  LedgerSink second(**ledger, kRun);
  ASSERT_TRUE(first.take(local_outcome()).ok());
  ASSERT_TRUE(first.take(local_outcome()).ok());  // the same id again: refused when written
  ASSERT_TRUE(second.take(person_outcome("id-002")).ok());
  EXPECT_TRUE(second.finish().ok());
  EXPECT_FALSE(first.finish().ok()) << "another sink's finish() must not consume the failure";
}

TEST(OutcomeFile, AppearsWhole) {
  const FakeSkills skills;
  const fs::path path = fs::path(testing::TempDir()) / "outcome_test_out.jsonl";
  fs::remove(path);
  OutcomeFile file(AtomicFileWriter::open(path).value(), skills.skill_names(), 0.8);
  ASSERT_TRUE(file.take(local_outcome()).ok());
  EXPECT_FALSE(fs::exists(path));
  ASSERT_TRUE(file.finish().ok());
  EXPECT_EQ(read_file(path).value().back(), '\n');
}

}  // namespace
}  // namespace ganglion
