// Whether the policy's labels exist: only the loaded classifier knows.
#pragma once

#include "base/result.h"
#include "mesh/mesh_file.h"
#include "mesh/ticket_skills.h"

namespace ganglion {

// kMalformed, naming the mesh file and the nearest label, for one of policy.always_escalate that
// the first skill never gives: it would switch the policy off in silence.
Status check_policy_labels(const MeshFile& mesh, const TicketSkills& skills);

}  // namespace ganglion
