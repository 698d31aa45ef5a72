// The question a remote model gets about an escalated ticket, and the reading of its answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "providers/chat_wire.h"

namespace ganglion {

// Asks for one label a skill, as a JSON object. `text` is the ticket; redaction is the business of
// the egress function that the request must pass. Sizes of names and labels are equal.
ChatRequest triage_request(std::string_view text, const std::vector<std::string>& skill_names,
                           const std::vector<std::vector<std::string>>& skill_labels);

// The label of each skill, in order. The object may stand in a code fence or between other words.
// kMalformed when it is missing, or names a label that does not exist.
Result<std::vector<std::string>> parse_triage(
    std::string_view content, const std::vector<std::string>& skill_names,
    const std::vector<std::vector<std::string>>& skill_labels);

}  // namespace ganglion
