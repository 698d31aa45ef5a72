#include "retrieval/bm25_index.h"

#include <algorithm>
#include <cmath>

namespace ganglion {

uint32_t Bm25Index::add(std::span<const std::string> terms) {
  const auto index = static_cast<uint32_t>(lengths_.size());
  for (const std::string& term : terms) {
    std::vector<Posting>& postings = postings_[term];
    if (postings.empty() || postings.back().index != index) postings.push_back({index, 0});
    ++postings.back().frequency;
  }
  lengths_.push_back(static_cast<uint32_t>(terms.size()));
  total_length_ += terms.size();
  return index;
}

std::vector<ScoredIndex> Bm25Index::search(std::span<const std::string> terms, size_t count) const {
  std::vector<double> scores(lengths_.size(), 0.0);
  const double mean_length =
      std::max(1.0, static_cast<double>(total_length_) / static_cast<double>(lengths_.size()));
  for (const std::string& term : terms) {
    const auto found = postings_.find(term);
    if (found == postings_.end()) continue;
    const double idf = inverse_document_frequency(term);
    for (const Posting& posting : found->second) {
      const double tf = posting.frequency;
      const double relative_length = lengths_[posting.index] / mean_length;
      const double saturation =
          parameters_.k1 * (1 - parameters_.b + parameters_.b * relative_length);
      scores[posting.index] += idf * tf / (tf + saturation);
    }
  }
  std::vector<ScoredIndex> scored;
  for (uint32_t index = 0; index < scores.size(); ++index) {
    if (scores[index] > 0) scored.push_back({index, scores[index]});
  }
  keep_best(scored, count);
  return scored;
}

double Bm25Index::inverse_document_frequency(const std::string& term) const {
  const auto found = postings_.find(term);
  const auto df = static_cast<double>(found == postings_.end() ? 0 : found->second.size());
  return std::log(1 + (static_cast<double>(lengths_.size()) - df + 0.5) / (df + 0.5));
}

void keep_best(std::vector<ScoredIndex>& scored, size_t count) {
  const auto is_better = [](const ScoredIndex& a, const ScoredIndex& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  };
  const size_t kept = std::min(count, scored.size());
  std::partial_sort(scored.begin(), scored.begin() + static_cast<ptrdiff_t>(kept), scored.end(),
                    is_better);
  scored.resize(kept);
}

}  // namespace ganglion
