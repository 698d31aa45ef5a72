#include "ledger/decision_record.h"

#include <string_view>

#include "text/utf8.h"

namespace ganglion {
namespace {

Status check_text(std::string_view field, std::string_view text) {
  const size_t invalid = find_invalid_utf8(text);
  if (invalid == std::string_view::npos) return {};
  return fail(ErrorCode::kInvalidArgument, "decision record: {} is not valid UTF-8 at byte {}",
              field, invalid);
}

Status check_probability(std::string_view field, double value) {
  if (value >= 0 && value <= 1) return {};
  return fail(ErrorCode::kInvalidArgument,
              "decision record: {} is {}, expected a probability in [0, 1]", field, value);
}

Status check_count(std::string_view field, int64_t value) {
  if (value >= 0) return {};
  return fail(ErrorCode::kInvalidArgument, "decision record: {} is {}, expected 0 or more", field,
              value);
}

Status check_details(const DecisionRecord& record) {
  for (const ModelUse& model : record.models) {
    GANGLION_TRY(check_text("models.skill", model.skill));
    GANGLION_TRY(check_text("models.sha256", model.sha256));
  }
  for (const LabelProbability& entry : record.top) {
    GANGLION_TRY(check_text("top.label", entry.label));
    GANGLION_TRY(check_probability("top.probability", entry.probability));
  }
  for (const std::string& step : record.trail) GANGLION_TRY(check_text("trail", step));
  for (const auto& [type, count] : record.redactions) {
    GANGLION_TRY(check_text("redactions", type));
    GANGLION_TRY(check_count("redactions", count));
  }
  for (const PassageUse& passage : record.passages) {
    GANGLION_TRY(check_text("passages.document", passage.document));
  }
  return check_text("egress_sha256", record.egress_sha256);
}

}  // namespace

Status check_record(const DecisionRecord& record) {
  if (record.id.empty() || record.tier.empty()) {
    return fail(ErrorCode::kInvalidArgument, "decision record: {} is empty",
                record.id.empty() ? "id" : "tier");
  }
  GANGLION_TRY(check_text("id", record.id));
  GANGLION_TRY(check_text("request_id", record.request_id));
  GANGLION_TRY(check_text("skill", record.skill));
  GANGLION_TRY(check_text("mesh_sha256", record.mesh_sha256));
  GANGLION_TRY(check_text("input_sha256", record.input_sha256));
  GANGLION_TRY(check_text("tier", record.tier));
  GANGLION_TRY(check_text("answer", record.answer));
  GANGLION_TRY(check_text("reason", record.reason));
  GANGLION_TRY(check_probability("confidence", record.confidence));
  if (record.threshold) GANGLION_TRY(check_probability("threshold", *record.threshold));
  GANGLION_TRY(check_count("tokens_in", record.tokens_in));
  GANGLION_TRY(check_count("tokens_out", record.tokens_out));
  GANGLION_TRY(check_count("latency_us", record.latency_us));
  GANGLION_TRY(check_count("cost_micros", record.cost_micros));
  return check_details(record);
}

}  // namespace ganglion
