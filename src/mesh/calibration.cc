#include "mesh/calibration.h"

#include <algorithm>
#include <fstream>

#include "mesh/router.h"
#include "mesh/ticket_run.h"

namespace ganglion {

std::vector<size_t> judged_skills(const MeshFile& mesh, const TicketSkills& skills) {
  const std::vector<std::string>& names = skills.skill_names();
  std::vector<size_t> judged;
  for (const std::string& name : mesh.policy.judged) {
    const auto found = std::find(names.begin(), names.end(), name);
    GANGLION_ASSERT(found != names.end());
    judged.push_back(static_cast<size_t>(found - names.begin()));
  }
  return judged;
}

Result<std::vector<ScoredOutcome>> score_calibration(std::span<const Ticket> tickets,
                                                     const TicketSkills& skills,
                                                     const MeshFile& mesh) {
  const std::vector<size_t> judged = judged_skills(mesh, skills);
  // At threshold 0 the router escalates only what it would escalate at any threshold.
  const Router lax(judged, mesh.policy.always_escalate, 0.0);
  std::vector<ScoredOutcome> outcomes;
  for (const Ticket& ticket : tickets) {
    for (const size_t index : judged) {
      if (ticket.gold.contains(skills.skill_names()[index])) continue;
      return fail(
          ErrorCode::kMalformed,
          "{}:{}: expected the right label in a member \"{}\"; without it the ticket cannot "
          "be used for calibration",
          mesh.calibration.string(), ticket.line, skills.skill_names()[index]);
    }
    const ReflexAnswer answer = skills.answer(ticket.text);
    if (answer.failure) {
      outcomes.push_back({-1.0, true});
      continue;
    }
    std::vector<std::string> labels;
    for (const LabelAnswer& label : answer.labels) labels.push_back(label.label);
    const Route route = lax.decide(scores_of(answer), draft_verdict(answer));
    const bool correct = judge(ticket, labels, skills, judged).value_or(false);
    outcomes.push_back({route.local ? route.confidence : -1.0, !correct});
  }
  return outcomes;
}

Result<Calibration> calibrate(const MeshFile& mesh, const TicketSkills& skills) {
  std::ifstream file(mesh.calibration);
  if (!file) return fail(ErrorCode::kIo, "{}: cannot be read", mesh.calibration.string());
  TicketReader reader(file, mesh.calibration.string(), skills.skill_names());
  std::vector<Ticket> tickets;
  while (auto ticket = reader.next()) {
    if (!ticket->ok()) return ticket->error();
    tickets.push_back(std::move(*ticket).value());
  }
  Calibration calibration;
  GANGLION_ASSIGN(calibration.outcomes, score_calibration(tickets, skills, mesh));
  const std::vector<ThresholdCandidate> grid = default_threshold_grid();
  calibration.certificate = certify_threshold(calibration.outcomes, mesh.limits, grid);
  return calibration;
}

}  // namespace ganglion
