#include "mesh/ticket_skills.h"

namespace ganglion {

std::vector<SkillScore> scores_of(const ReflexAnswer& answer) {
  std::vector<SkillScore> scores;
  scores.reserve(answer.labels.size());
  for (const LabelAnswer& label : answer.labels) scores.push_back({label.label, label.confidence});
  return scores;
}

DraftVerdict draft_verdict(const ReflexAnswer& answer) {
  return answer.draft ? answer.draft->verdict : DraftVerdict::kAccepted;
}

}  // namespace ganglion
