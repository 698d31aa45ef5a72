// From a labelled set of tickets to a certified threshold.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "mesh/certificate.h"
#include "mesh/mesh_file.h"
#include "mesh/ticket.h"
#include "mesh/ticket_skills.h"

namespace ganglion {

// Indices of the policy's judged skills. Required: parse_mesh_file accepted the policy.
std::vector<size_t> judged_skills(const MeshFile& mesh, const TicketSkills& skills);

// How the reflex tier would have answered each ticket; -1 as the confidence of those it may never
// answer (policy, refused draft, failed skill). kMalformed names the first line without a label of
// a judged skill.
Result<std::vector<ScoredOutcome>> score_calibration(std::span<const Ticket> tickets,
                                                     const TicketSkills& skills,
                                                     const MeshFile& mesh);

// Reads the mesh's calibration set (every line must be good), scores and certifies.
struct Calibration {
  std::vector<ScoredOutcome> outcomes;
  Certificate certificate;
};
Result<Calibration> calibrate(const MeshFile& mesh, const TicketSkills& skills);

}  // namespace ganglion
