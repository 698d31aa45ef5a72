// From the scores of an answer to the tier that gives it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion {

// Why a request was answered where it was. The names go into the ledger: do not rename them.
enum class RouteReason {
  kConfident,        // confidence at or above the certified threshold
  kRiskAboveLimit,   // confidence below it
  kNotCertified,     // no threshold could be certified
  kAlwaysEscalated,  // the policy names this label
  kDraftRejected,    // the draft does not meet the draft policy
  kNoPassage,        // no article answers it
  kRedactionFailed,  // the text could not be checked; it goes to no machine
  kSkillFailed,      // a skill gave an error
};
inline constexpr int kNumRouteReasons = 8;

// "confident", "risk_above_limit", …
std::string_view route_reason_name(RouteReason reason);
// "confidence below the certified threshold", …: for people.
std::string_view route_reason_text(RouteReason reason);

// What became of the draft, where the mesh asks for one.
enum class DraftVerdict { kAccepted, kRejected, kNoPassage };

// What one classify skill says about a request.
struct SkillScore {
  std::string_view label;
  double confidence = 0.0;  // calibrated probability that the label is right
};

struct Route {
  bool local = false;
  RouteReason reason = RouteReason::kNotCertified;
  double confidence = 0.0;  // that all judged answers are right
};

// Immutable, thread-safe; a decision allocates nothing and takes well below 5 us.
class Router {
 public:
  // `judged`: indices of the skills that count, in the order of the scores passed to decide().
  // `threshold`: from a Certificate; none: everything is escalated.
  Router(std::vector<size_t> judged, std::vector<std::string> always_escalate,
         std::optional<double> threshold);

  Route decide(std::span<const SkillScore> scores, DraftVerdict draft) const;

  std::optional<double> threshold() const { return threshold_; }
  std::span<const size_t> judged() const { return judged_; }

 private:
  std::vector<size_t> judged_;
  std::vector<std::string> always_escalate_;
  std::optional<double> threshold_;
};

// The smallest of the judged confidences. Not their product: the skills read the same text, so
// their errors are far from independent. The certificate holds for any score.
double joint_confidence(std::span<const SkillScore> scores, std::span<const size_t> judged);

}  // namespace ganglion
