// Several scores for the same passages made one.
#pragma once

#include <span>
#include <vector>

namespace ganglion {

struct WeightedScores {
  std::vector<double> scores;  // one a passage, higher is better
  double weight;
};

// Σ weight · score / best score of its list, for each passage: a convex combination after scaling
// each list by its best, as in "An analysis of fusion functions for hybrid retrieval" (Bruch, Gai
// and Ingber 2023). Negative scores count as 0, as does a list without a positive one. All lists
// must have one length (asserted). docs/decisions/retrieval.md compares it with reciprocal ranks.
std::vector<double> fuse_scores(std::span<const WeightedScores> lists);

}  // namespace ganglion
