// Samplers that take candidates away. Each leaves at least one, and does nothing where its
// parameter says "off". Sources: the papers named, and llama.cpp (src/llama-sampling.cpp, 2025),
// whose results these reproduce; ties go to the smaller id.
#pragma once

#include "engine/sampling/candidates.h"

namespace ganglion {

// Top-p, "nucleus" (Holtzman et al. 2020): the best candidates, as few as have at least the share
// `p` of the probability. 1: off; 0 leaves the best one.
void keep_top_p(Candidates& candidates, float p);

// Min-p (Nguyen et al. 2024): those at least `p` times as probable as the best one. 0: off.
void keep_min_p(Candidates& candidates, float p);

// Locally typical sampling (Meister et al. 2023): those whose surprise is nearest to the entropy of
// the distribution, as few as have more than the share `p` of the probability. 1: off.
void keep_typical(Candidates& candidates, float p);

// XTC, "exclude top choices" (P. E. Weidmann 2024): of the candidates with a probability of at
// least `threshold`, only the least probable stays; all below the threshold stay. Off above 0.5,
// where there cannot be two.
void exclude_top_choices(Candidates& candidates, float threshold);

// Those whose surprise, -log2 of the probability, is at most `bits`; the best one in any case.
void keep_surprise(Candidates& candidates, double bits);

}  // namespace ganglion
