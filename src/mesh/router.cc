#include "mesh/router.h"

#include <algorithm>

#include "base/check.h"

namespace ganglion {
namespace {

struct ReasonWords {
  std::string_view name;
  std::string_view text;
};

constexpr ReasonWords kReasons[kNumRouteReasons] = {
    {"confident", "confidence at or above the certified threshold"},
    {"risk_above_limit", "confidence below the certified threshold"},
    {"not_certified", "no threshold keeps the error limit"},
    {"always_escalated", "the policy escalates this label"},
    {"draft_rejected", "the draft breaks the draft policy"},
    {"no_passage", "no article of the knowledge base answers it"},
    {"redaction_failed", "the text could not be checked for personal data"},
    {"skill_failed", "a skill gave an error"},
};

}  // namespace

std::string_view route_reason_name(RouteReason reason) {
  return kReasons[static_cast<int>(reason)].name;
}

std::string_view route_reason_text(RouteReason reason) {
  return kReasons[static_cast<int>(reason)].text;
}

double joint_confidence(std::span<const SkillScore> scores, std::span<const size_t> judged) {
  double confidence = 1.0;
  for (const size_t index : judged) confidence = std::min(confidence, scores[index].confidence);
  return confidence;
}

Router::Router(std::vector<size_t> judged, std::vector<std::string> always_escalate,
               std::optional<double> threshold)
    : judged_(std::move(judged)),
      always_escalate_(std::move(always_escalate)),
      threshold_(threshold) {
  GANGLION_ASSERT(!judged_.empty());
}

Route Router::decide(std::span<const SkillScore> scores, DraftVerdict draft) const {
  const double confidence = joint_confidence(scores, judged_);
  const bool named = std::find(always_escalate_.begin(), always_escalate_.end(),
                               scores.front().label) != always_escalate_.end();
  if (named) return {false, RouteReason::kAlwaysEscalated, confidence};
  if (!threshold_) return {false, RouteReason::kNotCertified, confidence};
  if (confidence < *threshold_) return {false, RouteReason::kRiskAboveLimit, confidence};
  if (draft == DraftVerdict::kRejected) return {false, RouteReason::kDraftRejected, confidence};
  if (draft == DraftVerdict::kNoPassage) return {false, RouteReason::kNoPassage, confidence};
  return {true, RouteReason::kConfident, confidence};
}

}  // namespace ganglion
