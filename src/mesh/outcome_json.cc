#include "mesh/outcome_json.h"

#include <cmath>

#include "text/json.h"

namespace ganglion {
namespace {

// Six digits are more than a probability deserves, and keep the lines short.
double rounded(double value) { return std::round(value * 1e6) / 1e6; }

json::object label_json(const LabelAnswer& answer) {
  json::object top;
  for (const LabelProbability& entry : answer.top) top[entry.label] = rounded(entry.probability);
  return {{"label", answer.label}, {"confidence", rounded(answer.confidence)}, {"top", top}};
}

json::object draft_json(const DraftAnswer& draft) {
  json::array passages;
  for (const PassageUse& passage : draft.passages) {
    passages.push_back(json::object{{"document", passage.document},
                                    {"begin", passage.begin},
                                    {"end", passage.end},
                                    {"score", rounded(passage.score)}});
  }
  return {{"text", draft.text},
          {"accepted", draft.verdict == DraftVerdict::kAccepted},
          {"remarks", json::array(draft.remarks.begin(), draft.remarks.end())},
          {"passages", std::move(passages)}};
}

}  // namespace

std::string outcome_json(const TicketOutcome& outcome, std::span<const std::string> skill_names,
                         std::optional<double> threshold) {
  const ReflexAnswer& reflex = outcome.reflex;
  json::object line{{"id", outcome.ticket.id},
                    {"line", outcome.ticket.line},
                    {"decision_id", outcome.decision_id},
                    {"tier", tier_name(outcome.tier)},
                    {"reason", route_reason_name(outcome.route.reason)},
                    {"confidence", rounded(outcome.route.confidence)}};
  if (threshold) line["threshold"] = rounded(*threshold);
  // What is waiting for a person has no answer yet, only suggestions.
  if (outcome.tier != Tier::kPerson) {
    json::object answer;
    for (size_t i = 0; i < outcome.labels.size(); ++i) answer[skill_names[i]] = outcome.labels[i];
    line["answer"] = std::move(answer);
  }
  json::object skills;
  for (size_t i = 0; i < reflex.labels.size(); ++i) {
    skills[skill_names[i]] = label_json(reflex.labels[i]);
  }
  line["skills"] = std::move(skills);
  if (!reflex.fields_json.empty()) {
    boost::system::error_code ignored;
    line["fields"] = json::parse(reflex.fields_json, ignored);
  }
  if (reflex.draft) line["draft"] = draft_json(*reflex.draft);
  line["redacted_text"] = reflex.redacted_text;
  json::object redactions;
  for (const auto& [type, count] : reflex.redactions) redactions[type] = count;
  line["redactions"] = std::move(redactions);
  if (!outcome.trail.empty()) {
    line["trail"] = json::array(outcome.trail.begin(), outcome.trail.end());
  }
  line["latency_us"] = outcome.latency_us;
  line["cost_micros"] = outcome.cost_micros;
  if (outcome.correct) line["correct"] = *outcome.correct;
  return to_json_text(line);
}

OutcomeFile::OutcomeFile(AtomicFileWriter writer, std::span<const std::string> skill_names,
                         std::optional<double> threshold)
    : writer_(std::move(writer)), skill_names_(skill_names), threshold_(threshold) {}

Status OutcomeFile::take(const TicketOutcome& outcome) {
  return writer_.append(outcome_json(outcome, skill_names_, threshold_) + "\n");
}

}  // namespace ganglion
