#include "evaluation/figures_text.h"

#include "text/json.h"

namespace ganglion {
namespace {

constexpr size_t kLabelWidth = 26;

class Table {
 public:
  void row(std::string_view label, std::string_view value) {
    text_ += fmt::format("  {:<{}}{}\n", label, kLabelWidth, value);
  }
  void heading(std::string_view title) { text_ += fmt::format("{}\n", title); }
  void gap() { text_ += "\n"; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string count_text(int64_t count, int64_t total) {
  const double share = total == 0 ? 0.0 : static_cast<double>(count) / static_cast<double>(total);
  return fmt::format("{:>6}  {:>7}", count, percent_text(share));
}

void add_routes(const RunFigures& figures, Table& table) {
  const int64_t total = figures.num_tickets;
  table.heading("Route");
  table.row("tickets", fmt::format("{:>6}", total));
  table.row("answered locally", count_text(figures.num_local, total));
  table.row("escalated", count_text(total - figures.num_local, total));
  for (int i = 0; i < kNumRouteReasons; ++i) {
    const int64_t count = figures.by_reason[static_cast<size_t>(i)];
    const auto reason = static_cast<RouteReason>(i);
    if (count == 0 || reason == RouteReason::kConfident) continue;
    table.row(fmt::format("  {}", route_reason_name(reason)),
              count_text(count, total) + "  " + std::string(route_reason_text(reason)));
  }
  const int64_t remote = figures.by_tier[static_cast<size_t>(Tier::kRemote)];
  const int64_t person = figures.by_tier[static_cast<size_t>(Tier::kPerson)];
  table.row("  to", fmt::format("remote model {}, person {}", remote, person));
  if (figures.num_skipped_lines > 0) {
    table.row("lines left out",
              fmt::format("{:>6}  (bad input, --on-error skip)", figures.num_skipped_lines));
  }
}

void add_quality(const RunFigures& figures, Table& table) {
  const Certificate& certificate = figures.certificate;
  table.heading("Quality of the local answers");
  if (certificate.threshold) {
    table.row("certified bound",
              fmt::format("error rate at most {} with confidence {:.3g} % (asked for: {:.3g} %)",
                          percent_text(certificate.upper_bound), 100 * (1 - figures.limits.delta),
                          100 * figures.limits.alpha));
    table.row("",
              fmt::format("from {} wrong of {} answered, {} calibration tickets; threshold {:.3f}",
                          certificate.wrong, certificate.answered, certificate.calibration_size,
                          *certificate.threshold));
  } else {
    table.row("certified bound", "none: every ticket is escalated");
  }
  table.row("accuracy, answered here", proportion_text(figures.local_right));
  if (figures.remote_right.total > 0) {
    table.row("accuracy, remote", proportion_text(figures.remote_right));
  }
  table.row("accuracy, all as reflex", proportion_text(figures.reflex_right));
  if (figures.local_right.total == 0) return;
  const RouterComparison& other = figures.comparison;
  if (const std::string note = chance_note(figures); !note.empty()) table.row("note", note);
  table.row("error rate at this share",
            fmt::format("ours {}, random {}, margin {}, oracle {}",
                        percent_text(1.0 - figures.local_right.rate()), percent_text(other.random),
                        percent_text(other.margin), percent_text(other.oracle)));
}

void add_speed_and_cost(const RunFigures& figures, Table& table) {
  const LatencyFigures& reflex = figures.reflex_latency;
  table.heading("Speed and cost");
  table.row("latency, reflex tier",
            fmt::format("p50 {}, p99 {}, most {}", duration_text(reflex.p50_us),
                        duration_text(reflex.p99_us), duration_text(reflex.max_us)));
  if (figures.remote_latency.max_us > 0) {
    table.row("latency, with remote",
              fmt::format("p50 {}, p99 {}", duration_text(figures.remote_latency.p50_us),
                          duration_text(figures.remote_latency.p99_us)));
  }
  table.row("throughput", fmt::format("{:.0f} tickets/s ({:.2f} s)", figures.tickets_per_second,
                                      figures.wall_seconds));
  table.row("cost of this run", money_text(figures.cost_micros, figures.currency));
  table.row("all to a remote model",
            fmt::format("{} (estimate at the price in the mesh file; saved {})",
                        money_text(figures.remote_only_cost_micros, figures.currency),
                        percent_text(figures.saved_share())));
}

json::object proportion_json(const Proportion& value) {
  json::object object{{"right", value.hits}, {"labelled", value.total}};
  if (value.total > 0) {
    object["rate"] = value.rate();
    object["interval_95"] = json::array{value.interval.low, value.interval.high};
    object["method"] = "Clopper-Pearson";
  }
  return object;
}

json::object latency_json(const LatencyFigures& value) {
  return {{"p50_us", value.p50_us}, {"p99_us", value.p99_us}, {"max_us", value.max_us}};
}

json::object certificate_json(const RunFigures& figures) {
  const Certificate& certificate = figures.certificate;
  json::object object{{"alpha", figures.limits.alpha},
                      {"delta", figures.limits.delta},
                      {"certified", certificate.threshold.has_value()},
                      {"calibration_tickets", certificate.calibration_size},
                      {"answered", certificate.answered},
                      {"wrong", certificate.wrong},
                      {"thresholds_tested", certificate.tests.size()}};
  if (certificate.threshold) {
    object["threshold"] = *certificate.threshold;
    object["error_bound"] = certificate.upper_bound;
  }
  return object;
}

}  // namespace

std::string money_text(int64_t micros, std::string_view currency) {
  std::string digits = fmt::format("{:06}", micros % 1'000'000);
  while (digits.size() > 2 && digits.back() == '0') digits.pop_back();
  return fmt::format("{}.{} {}", micros / 1'000'000, digits, currency);
}

std::string duration_text(int64_t us) {
  const auto value = static_cast<double>(us);
  if (us < 1'000) return fmt::format("{} us", us);
  if (us < 1'000'000) return fmt::format("{:.2f} ms", value / 1e3);
  return fmt::format("{:.2f} s", value / 1e6);
}

std::string percent_text(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

std::string proportion_text(const Proportion& proportion) {
  if (proportion.total == 0) return "not known: no ticket of these has a label";
  return fmt::format("{} (95 % interval {:.1f} to {:.1f} %, Clopper-Pearson, n = {})",
                     percent_text(proportion.rate()), 100.0 * proportion.interval.low,
                     100.0 * proportion.interval.high, proportion.total);
}

std::string figures_table(const RunFigures& figures) {
  Table table;
  add_routes(figures, table);
  table.gap();
  add_quality(figures, table);
  table.gap();
  add_speed_and_cost(figures, table);
  return table.take();
}

std::string figures_json(const RunFigures& figures) {
  json::object reasons;
  for (int i = 0; i < kNumRouteReasons; ++i) {
    reasons[route_reason_name(static_cast<RouteReason>(i))] =
        figures.by_reason[static_cast<size_t>(i)];
  }
  json::object tiers;
  for (const Tier tier : {Tier::kReflex, Tier::kRemote, Tier::kPerson}) {
    tiers[tier_name(tier)] = figures.by_tier[static_cast<size_t>(tier)];
  }
  const RouterComparison& other = figures.comparison;
  json::array violated;
  for (const std::string& sentence : violated_limits(figures)) violated.emplace_back(sentence);
  return to_json_text(json::object{
      {"mesh", figures.mesh_name},
      {"tickets", figures.num_tickets},
      {"skipped_lines", figures.num_skipped_lines},
      {"answered_locally", figures.num_local},
      {"escalated", figures.num_tickets - figures.num_local},
      {"escalation_share", figures.escalation_share()},
      {"reasons", std::move(reasons)},
      {"tiers", std::move(tiers)},
      {"certificate", certificate_json(figures)},
      {"accuracy_local", proportion_json(figures.local_right)},
      {"accuracy_remote", proportion_json(figures.remote_right)},
      {"accuracy_reflex_on_all", proportion_json(figures.reflex_right)},
      {"error_rate_at_this_share",
       {{"random", other.random},
        {"margin", other.margin},
        {"oracle", other.oracle},
        {"gain_over_random", other.gain_over_random},
        {"gain_interval_95", json::array{other.gain_interval.low, other.gain_interval.high}}}},
      {"expected_calibration_error", figures.calibration_error},
      {"latency_reflex", latency_json(figures.reflex_latency)},
      {"latency_remote", latency_json(figures.remote_latency)},
      {"wall_seconds", figures.wall_seconds},
      {"tickets_per_second", figures.tickets_per_second},
      {"currency", figures.currency},
      {"cost_micros", figures.cost_micros},
      {"remote_only_cost_micros", figures.remote_only_cost_micros},
      {"saved_share", figures.saved_share()},
      {"violated_limits", std::move(violated)}});
}

}  // namespace ganglion
