#include "ledger/explanation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/record_testing.h"

namespace ganglion {
namespace {

TEST(Explanation, SaysItAllOnOneScreen) {
  DecisionRecord record = make_test_record(3);
  record.trail = {"no price was found", "asked a person"};
  record.mesh_sha256 = "aa";
  record.input_sha256 = "bb";
  record.models = {{"intent", "cc"}, {"redact", "dd"}};
  EXPECT_EQ(explain_decision(record, {}),
            R"(Decision 01TEST00000000000000000003
  when        2025-11-20 08:00:00.003 UTC
  request     t-0003
  skill       intent
  answer      refund_request  right
  tier        person
  why         risk_above_limit
  confidence  0.5000, below the 0.8125 asked for
  candidates  0.5000  refund_request
              0.0300  cancel_order
              0.0100  oos
  steps       1. no price was found
              2. asked a person
  redacted    1 EMAIL, 0 PERSON
  passages    returns.md, bytes 120 to 340, score 1.250
  boundary    nothing left it
  latency     0.303 ms
  tokens      40 in, 0 out
  cost        0.25
  input       sha256 bb
  mesh        sha256 aa
  models      sha256 cc  intent
              sha256 dd  redact
)");
}

TEST(Explanation, ColoursOnlyWhenAsked) {
  const DecisionRecord record = make_test_record(1);
  EXPECT_EQ(explain_decision(record, {}).find('\033'), std::string::npos);
  EXPECT_NE(explain_decision(record, {.use_colour = true}).find("\033[32mreflex\033[0m"),
            std::string::npos);
}

TEST(Explanation, LongListsAreCut) {
  DecisionRecord record = make_test_record(1);
  record.trail.assign(100, "again");
  const std::string text = explain_decision(record, {});
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 41);
  EXPECT_NE(text.find("… and 92 more"), std::string::npos);
}

TEST(Explanation, MoneyAndTimeAreReadable) {
  EXPECT_EQ(format_micros(0), "0.00");
  EXPECT_EQ(format_micros(12), "0.000012");
  EXPECT_EQ(format_micros(1'500'000), "1.50");
  EXPECT_EQ(format_micros(1'234'567), "1.234567");
  EXPECT_EQ(format_time_us(0), "1970-01-01 00:00:00.000 UTC");
  EXPECT_EQ(format_time_us(-1000), "1969-12-31 23:59:59.999 UTC");
}

}  // namespace
}  // namespace ganglion
