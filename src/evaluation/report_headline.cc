#include <fmt/format.h>

#include "evaluation/figures_text.h"
#include "evaluation/html_text.h"
#include "evaluation/report_parts.h"

namespace ganglion {
namespace {

// A figure with what it is above and what it rests on below; all are text.
std::string tile(std::string_view name, std::string_view value, std::string_view basis) {
  return fmt::format(
      "<div class=\"card tile\"><span>{}</span><b>{}</b><i class=\"soft\">{}</i></div>",
      html_text(name), html_text(value), html_text(basis));
}

std::string accuracy_tile(const Proportion& right) {
  if (right.total == 0) {
    return tile("Local accuracy", "not known", "the tickets have no right labels");
  }
  return tile(
      "Local accuracy", percent_text(right.rate()),
      fmt::format("95 % interval {:.1f} to {:.1f} % (Clopper-Pearson, {} of {})",
                  100 * right.interval.low, 100 * right.interval.high, right.hits, right.total));
}

std::string bound_tile(const RunFigures& figures) {
  const Certificate& certificate = figures.certificate;
  if (!certificate.threshold) {
    return tile("Certified error bound", "none", "no threshold keeps the limit: all escalated");
  }
  return tile("Certified error bound", "≤ " + percent_text(certificate.upper_bound),
              fmt::format("with confidence {:.3g} %; limit {:.3g} %, {} calibration tickets",
                          100 * (1 - figures.limits.delta), 100 * figures.limits.alpha,
                          certificate.calibration_size));
}

std::string verdict(const RunFigures& figures) {
  const std::vector<std::string> violated = violated_limits(figures);
  if (violated.empty()) {
    const std::string note = chance_note(figures);
    if (!note.empty())
      return fmt::format("<div class=\"box warn\"><p>{}.</p></div>", html_text(note));
    return "<div class=\"box good\"><p>All limits of the mesh file are kept.</p></div>";
  }
  std::string box = "<div class=\"box warn\">";
  for (const std::string& sentence : violated) {
    box += fmt::format("<p><b>Limit not kept:</b> {}.</p>", html_text(sentence));
  }
  return box + "</div>";
}

}  // namespace

std::string card(std::string_view title, std::string_view lead, std::string_view body) {
  return fmt::format("<div class=\"card\"><h3>{}</h3><p class=\"lead\">{}</p>{}</div>",
                     html_text(title), html_text(lead), body);
}

std::string headline_section(const ReportInput& input) {
  const RunFigures& figures = input.figures;
  const int64_t escalated = figures.num_tickets - figures.num_local;
  std::string section = fmt::format(
      "<section><h1>{} tickets through “{}”</h1><p class=\"soft\">{} · {}</p><div class=\"tiles\">",
      figures.num_tickets, html_text(figures.mesh_name), html_text(input.input_name),
      html_text(input.written_at));
  section += tile("Answered locally", percent_text(1.0 - figures.escalation_share()),
                  fmt::format("{} answered, {} escalated", figures.num_local, escalated));
  section += accuracy_tile(figures.local_right);
  section += bound_tile(figures);
  section +=
      tile("Latency, reflex tier", duration_text(figures.reflex_latency.p99_us),
           fmt::format("99th percentile; median {}", duration_text(figures.reflex_latency.p50_us)));
  section += tile("Cost of this run", money_text(figures.cost_micros, figures.currency),
                  fmt::format("all to a remote model: {} (estimate)",
                              money_text(figures.remote_only_cost_micros, figures.currency)));
  section += "</div>" + verdict(figures);
  if (figures.num_skipped_lines > 0) {
    section += fmt::format(
        "<div class=\"box warn\"><p>{} lines of the input were not tickets and are left "
        "out.</p></div>",
        figures.num_skipped_lines);
  }
  return section + "</section>";
}

}  // namespace ganglion
