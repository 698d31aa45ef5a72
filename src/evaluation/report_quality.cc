#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evaluation/figures_text.h"
#include "evaluation/html_text.h"
#include "evaluation/report_parts.h"
#include "evaluation/svg_chart.h"

namespace ganglion {
namespace {

ChartAxis percent_axis(std::string title, double high) {
  ChartAxis axis;
  axis.title = std::move(title);
  axis.ticks = nice_ticks(0.0, high, 5);
  axis.high = axis.ticks.back();
  for (const double tick : axis.ticks)
    axis.tick_labels.push_back(fmt::format("{:.3g} %", 100 * tick));
  return axis;
}

std::string risk_coverage_card(const RunFigures& figures) {
  ChartSeries curve;
  curve.step = true;
  double most = figures.limits.alpha;
  for (const RiskCoveragePoint& point : figures.risk_coverage) {
    curve.points.push_back({point.coverage, point.error_rate});
    // The first few tickets jump between 0 and 100 %; they must not squeeze the rest.
    if (point.coverage > 0.1) most = std::max(most, point.error_rate);
  }
  ChartSeries chosen;
  chosen.colour = 2;
  chosen.line = false;
  chosen.dots = true;
  std::vector<ChartRule> rules = {
      {false, figures.limits.alpha, fmt::format("limit {:.3g} %", 100 * figures.limits.alpha)}};
  const Proportion& right = figures.local_right;
  if (right.total > 0) {
    const double coverage =
        static_cast<double>(right.total) / static_cast<double>(figures.reflex_right.total);
    chosen.points = {{coverage, 1.0 - right.rate()}};
    rules.push_back({true, coverage,
                     fmt::format("threshold {:.3f}", figures.certificate.threshold.value_or(1.0))});
  }
  const std::string chart = xy_chart(
      percent_axis("answered locally", 1.0), percent_axis("error rate of the local answers", most),
      {curve, chosen}, rules,
      fmt::format("Error rate against the share answered locally; chosen point: {} answered, error "
                  "rate {}",
                  right.total, percent_text(1.0 - right.rate())));
  return card("Risk and coverage",
              "Answering more means answering less sure. The dot is this run; the certified bound "
              "holds at its threshold.",
              chart);
}

std::string reliability_card(const RunFigures& figures) {
  ChartSeries perfect{{{0.0, 0.0}, {1.0, 1.0}}, 4, true, false, true, false, ""};
  ChartSeries measured;
  measured.dots = true;
  for (const ReliabilityBin& bin : figures.reliability) {
    measured.points.push_back({bin.mean_confidence, bin.accuracy});
  }
  const std::string chart =
      xy_chart(percent_axis("stated confidence", 1.0), percent_axis("share that is right", 1.0),
               {perfect, measured}, {},
               fmt::format("Accuracy against confidence; expected calibration error {}",
                           percent_text(figures.calibration_error)));
  return card("Is the confidence true?",
              fmt::format("On the dashed line “80 % sure” is right 8 times in 10. Expected "
                          "calibration error: {}.",
                          percent_text(figures.calibration_error)),
              chart);
}

std::string bar(std::string_view name, double share, std::string_view value, int colour) {
  return fmt::format(
      "<div>{}</div><div class=\"track\"><i class=\"s{}\" style=\"width:{:.1f}%\"></i></div>"
      "<div class=\"v\">{}</div>",
      html_text(name), colour, 100.0 * std::clamp(share, 0.0, 1.0), html_text(value));
}

std::string router_card(const RunFigures& figures) {
  const RouterComparison& other = figures.comparison;
  const double ours = 1.0 - figures.local_right.rate();
  const double most = std::max({ours, other.random, other.margin, 1e-9});
  std::string bars = "<div class=\"bars\">";
  bars += bar("random escalation", other.random / most, percent_text(other.random), 4);
  bars += bar("by margin", other.margin / most, percent_text(other.margin), 4);
  bars += bar("this mesh", ours / most, percent_text(ours), 1);
  bars += bar("oracle (knows the answers)", other.oracle / most, percent_text(other.oracle), 3);
  bars += "</div>";
  return card(
      "Error rate of the local answers, by who escalates",
      fmt::format("Each escalates the same share, {}. This mesh is better than chance by {:.1f} "
                  "points (95 % bootstrap interval {:.1f} to {:.1f}).",
                  percent_text(figures.escalation_share()), 100 * other.gain_over_random,
                  100 * other.gain_interval.low, 100 * other.gain_interval.high),
      bars);
}

std::string reason_card(const RunFigures& figures) {
  const int64_t escalated = figures.num_tickets - figures.num_local;
  std::string bars = "<div class=\"bars\">";
  for (int i = 0; i < kNumRouteReasons; ++i) {
    const int64_t count = figures.by_reason[static_cast<size_t>(i)];
    const auto reason = static_cast<RouteReason>(i);
    if (reason == RouteReason::kConfident || count == 0) continue;
    bars += bar(route_reason_text(reason),
                static_cast<double>(count) / static_cast<double>(std::max<int64_t>(1, escalated)),
                std::to_string(count), 2);
  }
  bars += "</div>";
  return card("Why tickets were escalated",
              fmt::format("{} of {}: {} to the remote model, {} to a person.", escalated,
                          figures.num_tickets, figures.by_tier[static_cast<size_t>(Tier::kRemote)],
                          figures.by_tier[static_cast<size_t>(Tier::kPerson)]),
              escalated == 0 ? std::string("<p>None was.</p>") : bars);
}

std::string cost_card(const RunFigures& figures) {
  const auto all = static_cast<double>(std::max<int64_t>(1, figures.remote_only_cost_micros));
  std::string bars = "<div class=\"bars\">";
  bars += bar("this run", static_cast<double>(figures.cost_micros) / all,
              money_text(figures.cost_micros, figures.currency), 1);
  bars += bar("all to a remote model", 1.0,
              money_text(figures.remote_only_cost_micros, figures.currency), 4);
  bars += "</div>";
  return card(
      "Cost",
      "Fees of the remote model at the price in the mesh file; the second is an estimate, a "
      "token for every 4 bytes. A person's time is not counted.",
      bars);
}

std::string latency_card(const RunFigures& figures) {
  size_t first = 0;
  const std::vector<int64_t>& histogram = figures.latency_histogram;
  while (first < histogram.size() && histogram[first] == 0) ++first;
  std::vector<double> counts;
  std::vector<std::string> labels;
  for (size_t i = first; i < histogram.size(); ++i) {
    counts.push_back(static_cast<double>(histogram[i]));
    labels.push_back(duration_text(static_cast<int64_t>(std::exp2(static_cast<double>(i) / 2))));
  }
  const size_t step = counts.size() / 6 + 1;
  return card("Latency of the reflex tier",
              fmt::format("Redact, classify, extract, draft and route, for each ticket. Median {}, "
                          "99th percentile {}, longest {}.",
                          duration_text(figures.reflex_latency.p50_us),
                          duration_text(figures.reflex_latency.p99_us),
                          duration_text(figures.reflex_latency.max_us)),
              column_chart(counts, labels, step, "from (each column √2 wider)", "tickets",
                           "Histogram of latencies"));
}

}  // namespace

std::string quality_section(const ReportInput& input) {
  const RunFigures& figures = input.figures;
  if (figures.reflex_right.total == 0) {
    return "<section><h2>Quality</h2><div class=\"card\">The input has no right labels, so only "
           "the "
           "certified bound speaks for the quality of the answers.</div></section>";
  }
  std::string section = "<section><h2>Quality</h2><div class=\"grid\">";
  section += risk_coverage_card(figures) + reliability_card(figures);
  return section + "</div></section>";
}

std::string route_section(const ReportInput& input) {
  const RunFigures& figures = input.figures;
  std::string section = "<section><h2>Routes, cost and speed</h2><div class=\"grid\">";
  section += latency_card(figures) + "<div class=\"stack\">" + reason_card(figures);
  if (figures.local_right.total > 0) section += router_card(figures);
  return section + cost_card(figures) + "</div></div></section>";
}

}  // namespace ganglion
