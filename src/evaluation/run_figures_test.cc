#include "evaluation/run_figures.h"

#include <gtest/gtest.h>

#include "evaluation/figures_text.h"
#include "text/json.h"

namespace ganglion {
namespace {

FigureRow row(double confidence, bool right, bool local) {
  FigureRow row;
  row.confidence = confidence;
  row.margin = confidence - 0.1;
  row.reflex_correct = right;
  row.local = local;
  row.tier = local ? Tier::kReflex : Tier::kPerson;
  if (local) row.correct = right;
  row.reason = local ? RouteReason::kConfident : RouteReason::kRiskAboveLimit;
  row.reflex_us = 100;
  row.latency_us = 100;
  row.remote_only_cost_micros = 50;
  return row;
}

MeshFile mesh() {
  MeshFile mesh;
  mesh.name = "support";
  mesh.limits = {0.05, 0.10, 0.5};
  mesh.price.currency = "EUR";
  return mesh;
}

Certificate certified() {
  Certificate certificate;
  certificate.threshold = 0.8;
  certificate.upper_bound = 0.04;
  certificate.answered = 200;
  certificate.calibration_size = 250;
  return certificate;
}

RunFigures figures_of(const std::vector<FigureRow>& rows, const Certificate& certificate) {
  const MeshFile file = mesh();
  return run_figures(rows, {file, certificate, 0, 2.0});
}

// 80 local answers, 2 of them wrong; 20 escalated, 12 of them wrong.
std::vector<FigureRow> hundred_rows() {
  std::vector<FigureRow> rows;
  for (int i = 0; i < 80; ++i) rows.push_back(row(0.9 + i * 0.001, i >= 2, true));
  for (int i = 0; i < 20; ++i) rows.push_back(row(0.5 + i * 0.001, i >= 12, false));
  return rows;
}

TEST(RunFigures, CountsRoutesAndMoney) {
  const RunFigures figures = figures_of(hundred_rows(), certified());
  EXPECT_EQ(figures.num_tickets, 100);
  EXPECT_EQ(figures.num_local, 80);
  EXPECT_DOUBLE_EQ(figures.escalation_share(), 0.2);
  EXPECT_EQ(figures.by_reason[static_cast<size_t>(RouteReason::kRiskAboveLimit)], 20);
  EXPECT_EQ(figures.by_tier[static_cast<size_t>(Tier::kPerson)], 20);
  EXPECT_EQ(figures.remote_only_cost_micros, 5'000);
  EXPECT_DOUBLE_EQ(figures.saved_share(), 1.0);
  EXPECT_DOUBLE_EQ(figures.tickets_per_second, 50.0);
}

TEST(RunFigures, ComparesWithOtherRouters) {
  const RunFigures figures = figures_of(hundred_rows(), certified());
  EXPECT_EQ(figures.local_right.hits, 78);
  EXPECT_EQ(figures.local_right.total, 80);
  EXPECT_NEAR(figures.local_right.interval.low, 0.9126, 1e-4);  // R: binom.test(78, 80)
  EXPECT_DOUBLE_EQ(figures.comparison.random, 0.14);
  EXPECT_DOUBLE_EQ(figures.comparison.oracle, 0.0);    // 14 wrong, 20 may be escalated
  EXPECT_DOUBLE_EQ(figures.comparison.margin, 0.025);  // here it orders as the confidence does
  EXPECT_NEAR(figures.comparison.gain_over_random, 0.14 - 0.025, 1e-12);
  EXPECT_LT(figures.comparison.gain_interval.low, 0.115);
  EXPECT_GT(figures.comparison.gain_interval.low, 0.0);
}

TEST(RunFigures, TheCurveEndsAtTheErrorRateOfAll) {
  const RunFigures figures = figures_of(hundred_rows(), certified());
  ASSERT_FALSE(figures.risk_coverage.empty());
  EXPECT_DOUBLE_EQ(figures.risk_coverage.back().coverage, 1.0);
  EXPECT_DOUBLE_EQ(figures.risk_coverage.back().error_rate, 0.14);
  int64_t binned = 0;
  for (const ReliabilityBin& bin : figures.reliability) binned += bin.count;
  EXPECT_EQ(binned, 100);
}

TEST(RunFigures, PercentilesAreNearestRank) {
  std::vector<FigureRow> rows;
  for (int i = 1; i <= 200; ++i) {
    rows.push_back(row(0.9, true, true));
    rows.back().reflex_us = rows.back().latency_us = i;
  }
  const RunFigures figures = figures_of(rows, certified());
  EXPECT_EQ(figures.reflex_latency.p50_us, 100);
  EXPECT_EQ(figures.reflex_latency.p99_us, 198);
  EXPECT_EQ(figures.reflex_latency.max_us, 200);
  EXPECT_EQ(figures.remote_latency.max_us, 0);
}

TEST(RunFigures, NoTicketsAreNoError) {
  const RunFigures figures = figures_of({}, certified());
  EXPECT_EQ(figures.escalation_share(), 0.0);
  EXPECT_NE(figures_table(figures).find("not known"), std::string::npos);
  EXPECT_TRUE(parse_json(figures_json(figures), "figures").ok());
}

TEST(RunFigures, SaysWhenOnlyChanceIsAboveTheLimit) {
  EXPECT_EQ(chance_note(figures_of(hundred_rows(), certified())), "");
  std::vector<FigureRow> rows;
  for (int i = 0; i < 100; ++i) rows.push_back(row(0.9, i >= 7, true));
  const RunFigures figures = figures_of(rows, certified());
  EXPECT_TRUE(violated_limits(figures).empty());
  EXPECT_NE(chance_note(figures).find("7 of 100 labelled answers wrong (7.0 %)"),
            std::string::npos);
}

TEST(RunFigures, SaysWhichLimitsAreNotKept) {
  EXPECT_TRUE(violated_limits(figures_of(hundred_rows(), certified())).empty());
  const auto uncertified = violated_limits(figures_of(hundred_rows(), Certificate{}));
  ASSERT_EQ(uncertified.size(), 1u);
  EXPECT_NE(uncertified[0].find("no threshold keeps the error rate"), std::string::npos);
  std::vector<FigureRow> bad;
  for (int i = 0; i < 40; ++i) bad.push_back(row(0.9, i % 2 == 0, true));
  for (int i = 0; i < 60; ++i) bad.push_back(row(0.5, true, false));
  const auto violated = violated_limits(figures_of(bad, certified()));
  ASSERT_EQ(violated.size(), 2u);
  EXPECT_NE(violated[0].find("60.0 % of the tickets were escalated"), std::string::npos);
  EXPECT_NE(violated[1].find("20 of 40 labelled local answers are wrong"), std::string::npos);
}

TEST(FiguresText, WritesMoneyAndTimeExactly) {
  EXPECT_EQ(money_text(0, "EUR"), "0.00 EUR");
  EXPECT_EQ(money_text(12'345, "EUR"), "0.012345 EUR");
  EXPECT_EQ(money_text(2'500'000, "USD"), "2.50 USD");
  EXPECT_EQ(duration_text(412), "412 us");
  EXPECT_EQ(duration_text(1'930), "1.93 ms");
  EXPECT_EQ(duration_text(2'400'000), "2.40 s");
}

TEST(FiguresText, TheTableAnswersTheMainQuestions) {
  const std::string table = figures_table(figures_of(hundred_rows(), certified()));
  for (const char* words :
       {"answered locally", "80.0 %", "risk_above_limit", "error rate at most 4.0 %",
        "97.5 % (95 % interval 91.3 to 99.7 %, Clopper-Pearson, n = 80)", "p50 100 us, p99 100 us",
        "0.00 EUR", "0.005 EUR", "oracle 0.0 %"}) {
    EXPECT_NE(table.find(words), std::string::npos) << words << "\n" << table;
  }
  size_t start = 0;
  for (size_t end = 0; (end = table.find('\n', start)) != std::string::npos; start = end + 1) {
    EXPECT_LE(end - start, 110u) << table.substr(start, end - start);
  }
}

TEST(FiguresText, TheJsonHasTheSame) {
  const json::value value =
      parse_json(figures_json(figures_of(hundred_rows(), certified())), "figures").value();
  EXPECT_EQ(value.at("answered_locally"), 80);
  EXPECT_EQ(value.at("certificate").at("error_bound"), 0.04);
  EXPECT_EQ(value.at("accuracy_local").at("method"), "Clopper-Pearson");
  EXPECT_EQ(value.at("reasons").at("risk_above_limit"), 20);
  EXPECT_TRUE(value.at("violated_limits").as_array().empty());
}

}  // namespace
}  // namespace ganglion
