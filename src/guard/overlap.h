// One type for every byte: findings that overlap are reduced to a disjoint, ordered set.
#pragma once

#include <vector>

#include "guard/detector.h"

namespace ganglion {

// Checked values (score >= 0.85, and no guess of the name tagger) come before the rest. Within a
// class the longer wins, then the higher score, then the earlier start, then the earlier type. What
// a loser has outside the winners is kept as its own finding when `text` holds a letter or digit
// there: a wrong guess about a boundary must not uncover a name. (An address without any digit left
// is dropped.) O(n log n).
std::vector<Finding> resolve_overlaps(std::string_view text, std::vector<Finding> findings);

}  // namespace ganglion
