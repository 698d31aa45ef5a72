// How probable labels are as what comes next.
#pragma once

#include <span>
#include <vector>

#include "engine/language_model.h"

namespace ganglion {

// The log-probability (natural) of each label, given as its tokens, behind what the session has
// read; the session stays as it is. Among the labels: at every token only those compete with which
// a label goes on, so that the probabilities of all labels add up to 1 (what constrained decoding
// would draw from). The tokens at which labels part are read in one pass, and only the competing
// rows of the output matrix. kInvalidArgument when there is none, one is empty, or one begins with
// all of another; kMalformed for logits that are no numbers; errors of Session::look_ahead.
Result<std::vector<double>> score_labels(Session& session,
                                         std::span<const std::vector<int32_t>> labels);

}  // namespace ganglion
