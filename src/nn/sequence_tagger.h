// A linear-chain conditional random field over BIO tags: given a score for every word and tag,
// the best tag sequence and the probability of each span.
// Source: Lafferty, McCallum and Pereira 2001; the scaled recursions follow Rabiner 1989, section
// V.A. The tests compare with the sum over all sequences.
// Shapes: n words, K span types, t = 2K+1 tags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ganglion {

// Tag 0 is outside; 1..K begin a span of type 0..K-1; K+1..2K continue one.
struct BioTags {
  size_t num_types;

  size_t size() const { return 2 * num_types + 1; }
  size_t num_open() const { return num_types + 1; }  // outside and the begin tags
  size_t begin_of(size_t type) const { return 1 + type; }
  size_t inside_of(size_t type) const { return 1 + num_types + type; }
  bool is_begin(size_t tag) const { return tag >= 1 && tag <= num_types; }
  bool is_inside(size_t tag) const { return tag > num_types; }
  // `tag` is not outside.
  size_t type_of(size_t tag) const { return is_inside(tag) ? tag - num_types - 1 : tag - 1; }
};

// Scores of one tag after another. An inside tag follows only the begin or inside tag of its own
// type, so only those two are stored for it.
struct TagTransitions {
  TagTransitions() = default;
  explicit TagTransitions(size_t num_types);

  BioTags tags() const { return BioTags{num_types}; }

  size_t num_types = 0;
  std::vector<float> open;    // [t + 1, K + 1]: tag → outside or begin; row t starts the sentence
  std::vector<float> inside;  // [2, K]: begin → inside, inside → inside
};

// A maximal run of one type: words [begin, end).
struct TagSpan {
  size_t begin;
  size_t end;
  size_t type;
};

// The sequence with the highest score (Viterbi). `emissions` [n, t]; the sum of any path is finite.
// Cost O(n t K).
std::vector<uint16_t> best_tags(const TagTransitions& transitions,
                                std::span<const float> emissions);

// `tags` is a sequence that best_tags can return: no inside tag without its begin.
std::vector<TagSpan> spans_of_tags(BioTags tags, std::span<const uint16_t> sequence);

// Forward and backward probabilities of one sentence. Reused from sentence to sentence to save
// allocations; not thread-safe. Scores more than 40 (emissions, below the word's best) or 30
// (transitions) from zero count as that much, so that no probability underflows.
class TagLattice {
 public:
  explicit TagLattice(const TagTransitions& transitions) { set_transitions(transitions); }
  void set_transitions(const TagTransitions& transitions);

  // `emissions` [n, t], n ≥ 1, finite. Cost O(n t K).
  void run(std::span<const float> emissions);

  // Of the last run. The logarithm of the sum over all sequences of exp(score).
  double log_partition() const { return log_partition_; }
  // P(tag of `word`) for every tag: out [t].
  void word_marginals(size_t word, std::span<float> out) const;
  // P(exactly this span is in the sequence). end ≤ n, begin < end.
  double span_probability(const TagSpan& span) const;
  // Adds P(tag a at a word, tag b at the next) summed over words to `sums`, the same shape as the
  // transitions.
  void add_transition_marginals(TagTransitions& sums) const;

 private:
  void run_forward();
  void run_backward();
  // [K + 1] and [K]: what each tag at `word` weighs, times its backward probability, over scale.
  void weigh_next(size_t word, std::vector<float>& next) const;

  BioTags tags_{0};
  TagTransitions exp_transitions_;
  std::vector<float> exp_emissions_;  // [n, t], each row divided by its greatest
  std::vector<float> forward_;        // [n, t], rows sum to 1
  std::vector<float> backward_;       // [n, t]
  std::vector<float> scale_;          // [n]
  size_t num_words_ = 0;
  double log_partition_ = 0;
};

}  // namespace ganglion
