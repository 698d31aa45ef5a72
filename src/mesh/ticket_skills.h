// What the reflex tier does with one ticket: redact, classify, extract, draft.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/decision_record.h"
#include "mesh/router.h"

namespace ganglion {

// One classify skill's answer.
struct LabelAnswer {
  std::string label;
  double confidence = 0.0;            // calibrated probability that the label is right
  double margin = 0.0;                // to the second most probable label
  std::vector<LabelProbability> top;  // most probable first
};

struct DraftAnswer {
  std::string text;           // may hold the customer's own values
  std::string redacted_text;  // the same for the report
  DraftVerdict verdict = DraftVerdict::kAccepted;
  std::vector<std::string> remarks;  // what is missing or forbidden, a sentence each
  std::vector<PassageUse> passages;
};

struct ReflexAnswer {
  // kRedactionFailed or kSkillFailed where a step failed; `failure_message` says why. After a
  // failed redaction everything else is empty: nothing of the text may be shown.
  std::optional<RouteReason> failure;
  std::string failure_message;

  std::string redacted_text;
  std::map<std::string, int64_t> redactions;  // type → how many values were masked
  std::vector<LabelAnswer> labels;            // by classify skill, in the order of the mesh file
  std::string fields_json;  // the extracted fields; empty where none are asked for
  std::optional<DraftAnswer> draft;
};

// Immutable and thread-safe. The real one is ReflexSkills; tests use a fake.
class TicketSkills {
 public:
  virtual ~TicketSkills() = default;

  // Never fails as a whole: a failing step is a reason to escalate.
  virtual ReflexAnswer answer(std::string_view text) const = 0;

  // Names of the classify skills and the labels each may give, in the same order.
  virtual const std::vector<std::string>& skill_names() const = 0;
  virtual const std::vector<std::vector<std::string>>& skill_labels() const = 0;
  // Digests of the model files, for the ledger.
  virtual const std::vector<ModelUse>& models() const = 0;
};

// What the router wants; the scores are views into `answer`.
std::vector<SkillScore> scores_of(const ReflexAnswer& answer);
DraftVerdict draft_verdict(const ReflexAnswer& answer);

}  // namespace ganglion
