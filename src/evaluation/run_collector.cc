#include "evaluation/run_collector.h"

#include <algorithm>

#include "text/json.h"

namespace ganglion {
namespace {

std::vector<std::string> member_names(const std::string& fields_json) {
  boost::system::error_code error;
  const json::value fields = json::parse(fields_json, error);
  std::vector<std::string> names;
  if (error || !fields.is_object()) return names;
  for (const auto& member : fields.get_object()) names.emplace_back(member.key());
  return names;
}

ReportTicket report_ticket(const TicketOutcome& outcome) {
  const ReflexAnswer& reflex = outcome.reflex;
  ReportTicket ticket;
  ticket.id = outcome.ticket.id;
  ticket.text = reflex.redacted_text;
  ticket.tier = outcome.tier;
  ticket.reason = outcome.route.reason;
  ticket.confidence = outcome.route.confidence;
  ticket.labels = reflex.labels;
  ticket.answer = outcome.labels;
  ticket.gold = outcome.ticket.gold;
  ticket.reflex_correct = outcome.reflex_correct;
  ticket.trail = outcome.trail;
  ticket.field_names = member_names(reflex.fields_json);
  if (reflex.draft) {
    ticket.draft_text = reflex.draft->redacted_text;
    ticket.draft_remarks = reflex.draft->remarks;
  }
  ticket.redactions = reflex.redactions;
  ticket.latency_us = outcome.latency_us;
  ticket.cost_micros = outcome.cost_micros;
  return ticket;
}

}  // namespace

RunCollector::RunCollector(std::string first_skill, std::vector<size_t> judged, size_t max_tickets)
    : first_skill_(std::move(first_skill)), judged_(std::move(judged)), max_tickets_(max_tickets) {}

Status RunCollector::take(const TicketOutcome& outcome) {
  FigureRow row;
  row.confidence = outcome.route.confidence;
  row.margin = 1.0;
  for (const size_t index : judged_) {
    const bool known = index < outcome.reflex.labels.size();
    row.margin = known ? std::min(row.margin, outcome.reflex.labels[index].margin) : 0.0;
  }
  row.reflex_correct = outcome.reflex_correct;
  row.correct = outcome.correct;
  row.local = outcome.route.local;
  row.reason = outcome.route.reason;
  row.tier = outcome.tier;
  row.reflex_us = outcome.reflex_us;
  row.latency_us = outcome.latency_us;
  row.cost_micros = outcome.cost_micros;
  row.remote_only_cost_micros = outcome.remote_only_cost_micros;
  rows_.push_back(row);
  if (tickets_.size() < max_tickets_) tickets_.push_back(report_ticket(outcome));
  const auto gold = outcome.ticket.gold.find(first_skill_);
  if (gold != outcome.ticket.gold.end() && !outcome.reflex.labels.empty()) {
    ++confusion_[{gold->second, outcome.reflex.labels.front().label}];
  }
  return {};
}

}  // namespace ganglion
