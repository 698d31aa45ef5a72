#include "mesh/outcome_record.h"

#include <utility>

#include "base/hash.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr size_t kBatch = 256;

std::string suggestions_json(const TicketOutcome& outcome) {
  json::array skills;
  for (const LabelAnswer& answer : outcome.reflex.labels) {
    skills.push_back(json::object{{"label", answer.label}, {"confidence", answer.confidence}});
  }
  return to_json_text(
      json::object{{"suggestions", std::move(skills)},
                   {"trail", json::array(outcome.trail.begin(), outcome.trail.end())}});
}

}  // namespace

DecisionRecord decision_record(const TicketOutcome& outcome, const RunIdentity& run) {
  const ReflexAnswer& reflex = outcome.reflex;
  DecisionRecord record;
  record.id = outcome.decision_id;
  record.time_us = outcome.time_us;
  record.request_id = outcome.ticket.id;
  record.skill = run.skill;
  record.mesh_sha256 = run.mesh_sha256;
  record.models = run.models;
  record.input_sha256 = to_hex(sha256(std::string_view(reflex.redacted_text)));
  record.tier = tier_name(outcome.tier);
  record.answer = outcome.labels.empty() ? "" : outcome.labels.front();
  record.reason = route_reason_name(outcome.route.reason);
  record.confidence = outcome.route.confidence;
  record.threshold = run.threshold;
  if (!reflex.labels.empty()) record.top = reflex.labels.front().top;
  record.trail = outcome.trail;
  record.redactions = reflex.redactions;
  if (reflex.draft) record.passages = reflex.draft->passages;
  if (outcome.remote) {
    record.egress_sha256 = outcome.remote->egress_sha256;
    record.tokens_in = outcome.remote->tokens_in;
    record.tokens_out = outcome.remote->tokens_out;
  }
  record.latency_us = outcome.latency_us;
  record.cost_micros = outcome.cost_micros;
  record.correct = outcome.correct;
  return record;
}

ReviewItem review_item(const TicketOutcome& outcome, const RunIdentity& run) {
  ReviewItem item;
  item.id = outcome.decision_id;
  item.created_us = outcome.time_us;
  item.request_id = outcome.ticket.id;
  item.skill = run.skill;
  item.text = outcome.reflex.redacted_text;
  item.reason = route_reason_name(outcome.route.reason);
  item.suggestion = outcome.labels.empty() ? "" : outcome.labels.front();
  item.confidence = outcome.route.confidence;
  item.details = suggestions_json(outcome);
  return item;
}

Status LedgerSink::take(const TicketOutcome& outcome) {
  GANGLION_ASSIGN(last_, ledger_.enqueue(decision_record(outcome, run_)));
  if (!first_) first_ = last_;
  return {};
}

Status LedgerSink::finish() {
  const std::optional<Ledger::Ticket> first = std::exchange(first_, std::nullopt);
  return first ? ledger_.wait_all(*first, last_) : Status{};
}

Status PersonQueueSink::take(const TicketOutcome& outcome) {
  if (outcome.tier != Tier::kPerson) return {};
  batch_.push_back(review_item(outcome, run_));
  return batch_.size() < kBatch ? Status{} : finish();
}

Status PersonQueueSink::finish() {
  if (batch_.empty()) return {};
  GANGLION_TRY(queue_.add(batch_));
  batch_.clear();
  return {};
}

}  // namespace ganglion
