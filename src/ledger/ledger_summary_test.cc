#include "ledger/ledger_summary.h"

#include <gtest/gtest.h>

#include "ledger/folder_testing.h"
#include "ledger/ledger.h"
#include "ledger/record_testing.h"

namespace ganglion {
namespace {

using LedgerSummaryTest = LedgerFolderTest;

TEST_F(LedgerSummaryTest, CountsWhatWasDecided) {
  {
    const auto ledger = Ledger::open(path_);
    for (int i = 0; i < 100; ++i) {
      DecisionRecord record = make_test_record(i);
      record.latency_us = i + 1;
      if (i >= 50) record.correct.reset();
      ASSERT_TRUE((*ledger)->enqueue(std::move(record)).ok());
    }
  }
  const auto summary = summarise_ledger(path_);
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  EXPECT_EQ(summary->total.records, 100);
  EXPECT_EQ(summary->total.latency_us_p50, 50);
  EXPECT_EQ(summary->total.latency_us_p99, 99);
  EXPECT_EQ(summary->total.latency_us_max, 100);
  EXPECT_EQ(summary->total.labelled, 50);
  EXPECT_EQ(summary->total.errors, 5);
  EXPECT_EQ(summary->total.cost_micros, 25 * 250'000 + 75 * 12);
  EXPECT_EQ(summary->tiers.at("person").records, 25);
  EXPECT_EQ(summary->tiers.at("reflex").cost_micros, 75 * 12);
  EXPECT_EQ(summary->reasons.at("confident"), 75);
  EXPECT_EQ(summary->redactions.at("EMAIL"), 100);
  EXPECT_EQ(summary->redactions.at("PERSON"), 99);
  EXPECT_EQ(summary->first_time_us, make_test_record(0).time_us);
  EXPECT_EQ(summary->last_time_us, make_test_record(99).time_us);
  const json::object object = summary_to_json(*summary);
  EXPECT_EQ(object.at("error_rate").as_double(), 0.1);
  EXPECT_EQ(object.at("tiers").at("person").at("share").as_double(), 0.25);
}

TEST_F(LedgerSummaryTest, AnEmptyLedgerHasZeroes) {
  { ASSERT_TRUE(Ledger::open(path_).ok()); }
  const auto summary = summarise_ledger(path_);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->total.records, 0);
  EXPECT_TRUE(summary_to_json(*summary).at("error_rate").is_null());
}

TEST_F(LedgerSummaryTest, AMissingLedgerIsNamed) {
  const auto summary = summarise_ledger(path_);
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().message, path_.string() + ": no such ledger; check the path");
}

}  // namespace
}  // namespace ganglion
