#include "mesh/policy_labels.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "text/edit_distance.h"

namespace ganglion {

Status check_policy_labels(const MeshFile& mesh, const TicketSkills& skills) {
  const std::vector<std::string>& labels = skills.skill_labels().front();
  for (const std::string& label : mesh.policy.always_escalate) {
    if (std::ranges::find(labels, label) != labels.end()) continue;
    const auto nearest = nearest_word(label, labels);
    return fail(ErrorCode::kMalformed,
                "{}: policy.always_escalate: expected labels of the skill \"{}\", found \"{}\"; {}",
                mesh.path.string(), skills.skill_names().front(), label,
                nearest ? fmt::format("did you mean \"{}\"?", *nearest)
                        : fmt::format("its labels are: {}", fmt::join(labels, ", ")));
  }
  return {};
}

}  // namespace ganglion
