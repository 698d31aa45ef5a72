#include "evaluation/report_html.h"

#include <gtest/gtest.h>

#include "mesh/fake_skills.h"

namespace ganglion {
namespace {

constexpr std::string_view kHostile =
    "</pre></details><script>alert(1)</script><img src=x onerror=alert(2)>\" onmouseover=\"x";

TicketOutcome outcome_of(const std::string& text, bool local) {
  const FakeSkills skills;
  TicketOutcome outcome;
  outcome.ticket = {1, "<id>", text, {{"intent", "<gold>"}, {"urgency", "high"}}};
  outcome.reflex = skills.answer("login 0.9 high 0.8");
  outcome.reflex.redacted_text = text;
  outcome.route = {local, local ? RouteReason::kConfident : RouteReason::kRiskAboveLimit, 0.9};
  outcome.tier = local ? Tier::kReflex : Tier::kPerson;
  outcome.labels = {"<answer>", "high"};
  outcome.trail = {"<trail>"};
  outcome.reflex_correct = false;
  if (local) outcome.correct = false;
  return outcome;
}

std::string report_of(RunCollector& collector) {
  MeshFile mesh;
  mesh.name = "<mesh>";
  mesh.price.currency = "<EUR>";
  const Certificate certificate;
  const RunFigures figures = run_figures(collector.rows(), {mesh, certificate, 3, 1.0});
  const std::vector<std::string> names = {"intent", "urgency"};
  return report_html({figures, collector, names, "<now>", "<input>", "<command>"});
}

TEST(ReportHtml, HostileTicketsStayText) {
  RunCollector collector("intent", {0}, 10);
  ASSERT_TRUE(collector.take(outcome_of(std::string(kHostile), true)).ok());
  ASSERT_TRUE(collector.take(outcome_of(std::string(kHostile), false)).ok());
  const std::string html = report_of(collector);
  for (const char* raw : {"<script", "<img", "<id>", "<gold>", "<answer>", "<trail>", "<mesh>",
                          "<EUR>", "<now>", "<input>", "<command>", "\" onmouseover"}) {
    EXPECT_EQ(html.find(raw), std::string::npos) << raw;
  }
  EXPECT_NE(html.find("&lt;script&gt;alert(1)"), std::string::npos);
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
}

TEST(ReportHtml, LoadsNothing) {
  RunCollector collector("intent", {0}, 10);
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(collector.take(outcome_of("hello", i % 3 != 0)).ok());
  const std::string html = report_of(collector);
  for (const char* reference : {"http://", "https://", "src=", "url(", "@import", "<link"}) {
    EXPECT_EQ(html.find(reference), std::string::npos) << reference;
  }
  EXPECT_EQ(html.find("nan"), std::string::npos);
  EXPECT_NE(html.find("3 lines of the input were not tickets"), std::string::npos);
}

TEST(ReportHtml, ShowsNoMoreTicketsThanAsked) {
  RunCollector collector("intent", {0}, 5);
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(collector.take(outcome_of("hello", true)).ok());
  EXPECT_EQ(collector.tickets().size(), 5u);
  EXPECT_EQ(collector.rows().size(), 30u);
  EXPECT_NE(report_of(collector).find("The first 5 of 30 tickets"), std::string::npos);
}

TEST(ReportHtml, AnEmptyRunHasAReport) {
  RunCollector collector("intent", {0}, 5);
  EXPECT_NE(report_of(collector).find("no right labels"), std::string::npos);
}

TEST(RunCollector, CountsConfusionsOfTheFirstSkill) {
  RunCollector collector("intent", {0}, 0);
  ASSERT_TRUE(collector.take(outcome_of("hello", true)).ok());
  ASSERT_TRUE(collector.take(outcome_of("hello", false)).ok());
  ASSERT_EQ(collector.confusion().size(), 1u);
  EXPECT_EQ(collector.confusion().at({"<gold>", "login"}), 2);
  EXPECT_DOUBLE_EQ(collector.rows()[0].margin, 0.45);
}

}  // namespace
}  // namespace ganglion
