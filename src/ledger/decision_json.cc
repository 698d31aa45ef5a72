#include "ledger/decision_json.h"

#include <utility>

namespace ganglion {
namespace {

json::array models_to_json(const DecisionRecord& record) {
  json::array list;
  for (const ModelUse& model : record.models) {
    list.push_back({{"skill", model.skill}, {"sha256", model.sha256}});
  }
  return list;
}

json::array top_to_json(const DecisionRecord& record) {
  json::array list;
  for (const LabelProbability& entry : record.top) {
    list.push_back({{"label", entry.label}, {"probability", entry.probability}});
  }
  return list;
}

json::array trail_to_json(const DecisionRecord& record) {
  return json::array(record.trail.begin(), record.trail.end());
}

json::object redactions_to_json(const DecisionRecord& record) {
  json::object tally;
  for (const auto& [type, count] : record.redactions) tally[type] = count;
  return tally;
}

json::array passages_to_json(const DecisionRecord& record) {
  json::array list;
  for (const PassageUse& passage : record.passages) {
    list.push_back({{"document", passage.document},
                    {"begin", passage.begin},
                    {"end", passage.end},
                    {"score", passage.score}});
  }
  return list;
}

// Calls `read` with each object of the list `key`, which may be absent.
template <typename Read>
Status read_list(const json::object& object, std::string_view key, Read read) {
  if (!object.contains(key)) return {};
  GANGLION_ASSIGN(const json::array* list, json_array(object, key));
  for (const json::value& entry : *list) {
    if (!entry.is_object()) {
      return fail(ErrorCode::kMalformed, "{}: expected objects, found {}", key,
                  json_kind_name(entry.kind()));
    }
    GANGLION_TRY(read(entry.get_object()));
  }
  return {};
}

Status read_lists(const json::object& object, DecisionRecord& record) {
  GANGLION_TRY(read_list(object, "models", [&](const json::object& entry) -> Status {
    GANGLION_ASSIGN(const std::string_view skill, json_string(entry, "skill"));
    GANGLION_ASSIGN(const std::string_view sha256, json_string(entry, "sha256"));
    record.models.push_back({std::string(skill), std::string(sha256)});
    return {};
  }));
  GANGLION_TRY(read_list(object, "top", [&](const json::object& entry) -> Status {
    GANGLION_ASSIGN(const std::string_view label, json_string(entry, "label"));
    GANGLION_ASSIGN(const double probability, json_number(entry, "probability"));
    record.top.push_back({std::string(label), probability});
    return {};
  }));
  return read_list(object, "passages", [&](const json::object& entry) -> Status {
    GANGLION_ASSIGN(const std::string_view document, json_string(entry, "document"));
    GANGLION_ASSIGN(const int64_t begin, json_integer(entry, "begin"));
    GANGLION_ASSIGN(const int64_t end, json_integer(entry, "end"));
    GANGLION_ASSIGN(const double score, json_number(entry, "score"));
    record.passages.push_back(
        {std::string(document), static_cast<uint64_t>(begin), static_cast<uint64_t>(end), score});
    return {};
  });
}

Status read_scalars(const json::object& object, DecisionRecord& record) {
  if (object.contains("trail")) {
    GANGLION_ASSIGN(const json::array* trail, json_array(object, "trail"));
    for (const json::value& step : *trail) {
      if (!step.is_string()) return fail(ErrorCode::kMalformed, "trail: expected strings");
      record.trail.emplace_back(step.get_string());
    }
  }
  if (object.contains("redactions")) {
    GANGLION_ASSIGN(const json::object* tally, json_object(object, "redactions"));
    for (const auto& entry : *tally) {
      GANGLION_ASSIGN(record.redactions[std::string(entry.key())],
                      json_integer(*tally, entry.key()));
    }
  }
  if (object.contains("egress_sha256")) {
    GANGLION_ASSIGN(record.egress_sha256, json_string(object, "egress_sha256"));
  }
  return {};
}

template <typename T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

}  // namespace

std::string details_to_json(const DecisionRecord& record) {
  json::object details;
  if (!record.models.empty()) details["models"] = models_to_json(record);
  if (!record.top.empty()) details["top"] = top_to_json(record);
  if (!record.trail.empty()) details["trail"] = trail_to_json(record);
  if (!record.redactions.empty()) details["redactions"] = redactions_to_json(record);
  if (!record.passages.empty()) details["passages"] = passages_to_json(record);
  if (!record.egress_sha256.empty()) details["egress_sha256"] = record.egress_sha256;
  return to_json_text(details);
}

Status details_from_json(std::string_view text, std::string_view place, DecisionRecord& record) {
  GANGLION_ASSIGN(const json::value value, parse_json(text, place));
  if (!value.is_object()) {
    return fail(ErrorCode::kMalformed, "{}: expected an object, found {}", place,
                json_kind_name(value.kind()));
  }
  Status status = read_lists(value.get_object(), record);
  if (status.ok()) status = read_scalars(value.get_object(), record);
  return status.ok() ? status : Status(at_place(place, status.error()));
}

json::object record_to_json(const DecisionRecord& record) {
  return {{"id", record.id},
          {"time_us", record.time_us},
          {"request_id", record.request_id},
          {"skill", record.skill},
          {"mesh_sha256", record.mesh_sha256},
          {"models", models_to_json(record)},
          {"input_sha256", record.input_sha256},
          {"tier", record.tier},
          {"answer", record.answer},
          {"reason", record.reason},
          {"confidence", record.confidence},
          {"threshold", or_null(record.threshold)},
          {"top", top_to_json(record)},
          {"trail", trail_to_json(record)},
          {"redactions", redactions_to_json(record)},
          {"passages", passages_to_json(record)},
          {"egress_sha256", record.egress_sha256},
          {"tokens_in", record.tokens_in},
          {"tokens_out", record.tokens_out},
          {"latency_us", record.latency_us},
          {"cost_micros", record.cost_micros},
          {"correct", or_null(record.correct)}};
}

}  // namespace ganglion
