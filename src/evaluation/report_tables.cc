#include <fmt/format.h>

#include <set>

#include "evaluation/figures_text.h"
#include "evaluation/html_text.h"
#include "evaluation/report_parts.h"

namespace ganglion {
namespace {

constexpr size_t kMaxLabels = 30;  // a larger confusion table cannot be read

std::string cell(int64_t count, int64_t most, bool diagonal) {
  if (count == 0) return "<td></td>";
  const double depth = 0.12 + 0.6 * static_cast<double>(count) / static_cast<double>(most);
  return fmt::format("<td style=\"background:rgba({},{:.2f})\">{}{}{}</td>", "var(--heat)", depth,
                     diagonal ? "<b>" : "", count, diagonal ? "</b>" : "");
}

std::string confusion_table(const std::map<std::pair<std::string, std::string>, int64_t>& confusion,
                            const std::set<std::string>& labels) {
  int64_t most = 1;
  for (const auto& [pair, count] : confusion) most = std::max(most, count);
  std::string table = "<div class=\"scroll\"><table class=\"confusion\"><tr><th></th>";
  for (const std::string& label : labels) {
    table += fmt::format("<th class=\"top\">{}</th>", html_text(label));
  }
  table += "</tr>";
  for (const std::string& gold : labels) {
    table += fmt::format("<tr><th class=\"side\">{}</th>", html_text(gold));
    for (const std::string& label : labels) {
      const auto found = confusion.find({gold, label});
      table += cell(found == confusion.end() ? 0 : found->second, most, gold == label);
    }
    table += "</tr>";
  }
  return table + "</table></div>";
}

std::string labels_list(const ReportInput& input, const ReportTicket& ticket) {
  std::string list = "<dl>";
  for (size_t i = 0; i < ticket.labels.size(); ++i) {
    const std::string& skill = input.skill_names[i];
    const LabelAnswer& answer = ticket.labels[i];
    list += fmt::format("<dt>{}</dt><dd>{} <span class=\"soft\">{}</span>", html_text(skill),
                        html_text(answer.label), percent_text(answer.confidence));
    const auto gold = ticket.gold.find(skill);
    if (gold != ticket.gold.end() && gold->second != answer.label) {
      list += fmt::format(" <span class=\"tag wrong\">right: {}</span>", html_text(gold->second));
    }
    if (i < ticket.answer.size() && ticket.answer[i] != answer.label) {
      list += fmt::format(" <span class=\"soft\">answered: {}</span>", html_text(ticket.answer[i]));
    }
    list += "</dd>";
  }
  return list + "</dl>";
}

std::string decision_list(const ReportTicket& ticket, const std::string& currency) {
  std::string list = "<h4>Decision</h4><dl>";
  const auto row = [&](std::string_view name, std::string_view value) {
    list += fmt::format("<dt>{}</dt><dd>{}</dd>", html_text(name), html_text(value));
  };
  row("why", route_reason_text(ticket.reason));
  for (const std::string& sentence : ticket.trail) row("then", sentence);
  row("time", duration_text(ticket.latency_us));
  if (ticket.cost_micros > 0) row("cost", money_text(ticket.cost_micros, currency));
  std::string masked;
  for (const auto& [type, count] : ticket.redactions) {
    masked += fmt::format("{}{} {}", masked.empty() ? "" : ", ", count, type);
  }
  if (!masked.empty()) row("masked", masked);
  std::string fields;
  for (const std::string& name : ticket.field_names) fields += (fields.empty() ? "" : ", ") + name;
  if (!fields.empty()) row("fields found", fields);
  for (const std::string& remark : ticket.draft_remarks) row("draft", remark);
  return list + "</dl>";
}

// The start of the text on one line; html_text must still be applied.
std::string gist(const std::string& text) {
  std::string line = text.substr(0, 200);
  while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) line.pop_back();
  if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xc0) line.pop_back();
  for (char& c : line) c = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  return line;
}

std::string ticket_row(const ReportInput& input, const ReportTicket& ticket) {
  const bool local = ticket.reason == RouteReason::kConfident;
  const bool wrong = ticket.reflex_correct == false;
  const std::string first = ticket.labels.empty() ? "" : ticket.labels.front().label;
  std::string row = fmt::format(
      "<details class=\"ticket{}{}\"><summary><span class=\"id\">{}</span><span><span class=\"tag "
      "{}\">{}</span></span><span>{}{}</span><span class=\"num\">{}</span><span "
      "class=\"gist\">{}</span></summary><div class=\"inside\"><div>",
      local ? " is-local" : "", wrong ? " is-wrong" : "", html_text(ticket.id),
      tier_name(ticket.tier), tier_name(ticket.tier), html_text(first),
      wrong ? " <span class=\"tag wrong\">wrong</span>" : "", percent_text(ticket.confidence),
      html_text(gist(ticket.text)));
  row += fmt::format(
      "<h4>Redacted text</h4><pre>{}</pre>",
      ticket.text.empty() ? "(withheld: it could not be checked)" : html_text(ticket.text));
  if (!ticket.draft_text.empty()) {
    row += fmt::format("<h4>Draft</h4><pre>{}</pre>", html_text(ticket.draft_text));
  }
  row += "</div><div><h4>Skills</h4>" + labels_list(input, ticket) +
         decision_list(ticket, input.figures.currency) + "</div></div></details>";
  return row;
}

}  // namespace

std::string confusion_section(const ReportInput& input) {
  const auto& confusion = input.collector.confusion();
  std::set<std::string> labels;
  for (const auto& [pair, count] : confusion) labels.insert({pair.first, pair.second});
  if (labels.empty()) return "";
  const std::string title = fmt::format("What is taken for what: {}", input.skill_names.front());
  const std::string body =
      labels.size() > kMaxLabels
          ? fmt::format("<p>{} labels: too many for a table.</p>", labels.size())
          : confusion_table(confusion, labels);
  return "<section><h2>Confusion</h2>" +
         card(title,
              "Rows: the right label. Columns: the label of the reflex tier, escalated tickets "
              "included.",
              body) +
         "</section>";
}

std::string certificate_section(const ReportInput& input) {
  const Certificate& certificate = input.figures.certificate;
  std::string table =
      "<div class=\"scroll\"><table><tr><th class=\"n\">threshold</th><th class=\"n\">answered</th>"
      "<th class=\"n\">wrong</th><th class=\"n\">level</th><th class=\"n\">error "
      "bound</th><th></th>"
      "</tr>";
  for (const ThresholdTest& test : certificate.tests) {
    const bool chosen = test.certified && certificate.threshold == test.threshold;
    table += fmt::format(
        "<tr><td class=\"n\">{:.4f}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
        test.threshold, test.answered, test.wrong,
        test.level > 0 ? fmt::format("{:.4f}", test.level) : "–",
        test.level > 0 ? percent_text(test.upper_bound) : "–",
        chosen           ? "<b>chosen</b>"
        : test.certified ? "certified"
                         : "");
  }
  table += "</table></div>";
  return fmt::format(
      "<section><h2>How the threshold was chosen</h2><details class=\"card\"><summary>{} "
      "thresholds, "
      "fixed beforehand, tested on {} labelled tickets</summary><p class=\"lead\" "
      "style=\"margin-top:10px\">From strict to lax, each with an exact binomial (Clopper-Pearson) "
      "bound. The level says how much of delta = {:.3g} each test may use; certified tests hand "
      "theirs on. "
      "With confidence {:.3g} % all certified lines are true at once.</p>{}</details></section>",
      certificate.tests.size(), certificate.calibration_size, input.figures.limits.delta,
      100 * (1 - input.figures.limits.delta), table);
}

std::string ticket_section(const ReportInput& input) {
  const std::vector<ReportTicket>& tickets = input.collector.tickets();
  if (tickets.empty()) return "";
  std::string section = "<section><h2>Tickets</h2>";
  const auto filter = [&](std::string_view id, std::string_view checked) {
    section += fmt::format("<input type=\"radio\" name=\"show\" id=\"{}\"{}>", id, checked);
  };
  filter("all", " checked");
  filter("local", "");
  filter("escalated", "");
  filter("wrong", "");
  section +=
      "<div class=\"filters\"><label for=\"all\">all</label><label for=\"local\">answered "
      "locally</label><label for=\"escalated\">escalated</label><label for=\"wrong\">reflex tier "
      "wrong</label></div><div class=\"card list\">";
  for (const ReportTicket& ticket : tickets) section += ticket_row(input, ticket);
  section += "</div>";
  if (input.figures.num_tickets > static_cast<int64_t>(tickets.size())) {
    section +=
        fmt::format("<p class=\"soft\">The first {} of {} tickets; the output file has all.</p>",
                    tickets.size(), input.figures.num_tickets);
  }
  return section + "</section>";
}

}  // namespace ganglion
