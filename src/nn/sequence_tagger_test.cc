#include "nn/sequence_tagger.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "base/rng.h"

namespace ganglion {
namespace {

struct Problem {
  TagTransitions transitions;
  std::vector<float> emissions;
  size_t num_words;
};

Problem random_problem(size_t num_types, size_t num_words, uint64_t seed, double spread = 1.5) {
  Rng rng(seed);
  Problem problem{TagTransitions(num_types), {}, num_words};
  const auto draw = [&] { return static_cast<float>(spread * rng.normal()); };
  for (float& value : problem.transitions.open) value = draw();
  for (float& value : problem.transitions.inside) value = draw();
  problem.emissions.resize(num_words * (2 * num_types + 1));
  for (float& value : problem.emissions) value = draw();
  return problem;
}

// The score of `tag` after `previous` (nullopt: start); nullopt where BIO forbids it.
std::optional<double> step_score(const TagTransitions& transitions, std::optional<size_t> previous,
                                 size_t tag) {
  const BioTags tags = transitions.tags();
  if (!tags.is_inside(tag)) {
    return transitions.open[previous.value_or(tags.size()) * tags.num_open() + tag];
  }
  if (!previous || *previous == 0 || tags.type_of(*previous) != tags.type_of(tag)) return {};
  return transitions.inside[(tags.is_inside(*previous) ? tags.num_types : 0) + tags.type_of(tag)];
}

// Calls `visit` with every allowed sequence and its score.
void for_each_sequence(
    const Problem& problem,
    const std::function<void(const std::vector<uint16_t>&, double score)>& visit) {
  const size_t t = problem.transitions.tags().size();
  std::vector<uint16_t> sequence;
  const std::function<void(double)> extend = [&](double score) {
    if (sequence.size() == problem.num_words) return visit(sequence, score);
    for (size_t tag = 0; tag < t; ++tag) {
      const auto previous =
          sequence.empty() ? std::nullopt : std::optional<size_t>(sequence.back());
      const auto step = step_score(problem.transitions, previous, tag);
      if (!step) continue;
      const double emission = problem.emissions[sequence.size() * t + tag];
      sequence.push_back(static_cast<uint16_t>(tag));
      extend(score + *step + emission);
      sequence.pop_back();
    }
  };
  extend(0);
}

TEST(SequenceTagger, BestTagsIsTheBestOfAllSequences) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Problem problem = random_problem(1 + seed % 3, 1 + seed % 5, seed);
    std::vector<uint16_t> best;
    double best_score = -1e300;
    for_each_sequence(problem, [&](const auto& sequence, double score) {
      if (score > best_score) best_score = score, best = sequence;
    });
    EXPECT_EQ(best_tags(problem.transitions, problem.emissions), best) << "seed " << seed;
  }
}

TEST(SequenceTagger, ProbabilitiesEqualTheSumOverAllSequences) {
  for (uint64_t seed = 0; seed < 25; ++seed) {
    const Problem problem = random_problem(1 + seed % 3, 1 + seed % 5, seed + 100);
    const BioTags tags = problem.transitions.tags();
    const size_t t = tags.size();
    double total = 0;
    std::vector<double> word_tag(problem.num_words * t);
    std::map<std::tuple<size_t, size_t, size_t>, double> spans;
    TagTransitions pairs(tags.num_types);
    for_each_sequence(problem, [&](const auto& sequence, double score) {
      const double weight = std::exp(score);
      total += weight;
      for (size_t word = 0; word < sequence.size(); ++word) {
        word_tag[word * t + sequence[word]] += weight;
      }
      for (const TagSpan& span : spans_of_tags(tags, sequence)) {
        spans[{span.begin, span.end, span.type}] += weight;
      }
    });
    TagLattice lattice(problem.transitions);
    lattice.run(problem.emissions);
    EXPECT_NEAR(lattice.log_partition(), std::log(total), 1e-4);
    std::vector<float> marginals(t);
    for (size_t word = 0; word < problem.num_words; ++word) {
      lattice.word_marginals(word, marginals);
      for (size_t tag = 0; tag < t; ++tag) {
        EXPECT_NEAR(marginals[tag], word_tag[word * t + tag] / total, 1e-5);
      }
    }
    for (const auto& [key, weight] : spans) {
      const auto [begin, end, type] = key;
      EXPECT_NEAR(lattice.span_probability({begin, end, type}), weight / total, 1e-5);
    }
  }
}

// d log Z / d transition is the expected count of that transition.
TEST(SequenceTagger, TransitionMarginalsAreTheGradientOfTheLogPartition) {
  const Problem problem = random_problem(2, 5, 7, 0.8);
  TagLattice lattice(problem.transitions);
  lattice.run(problem.emissions);
  TagTransitions expected(2);
  lattice.add_transition_marginals(expected);
  const auto log_partition = [&](const TagTransitions& transitions) {
    TagLattice other(transitions);
    other.run(problem.emissions);
    return other.log_partition();
  };
  constexpr float kStep = 1e-2F;
  const auto check = [&](std::vector<float> TagTransitions::*part, size_t index) {
    TagTransitions up = problem.transitions;
    TagTransitions down = problem.transitions;
    (up.*part)[index] += kStep;
    (down.*part)[index] -= kStep;
    const double slope = (log_partition(up) - log_partition(down)) / (2 * kStep);
    EXPECT_NEAR((expected.*part)[index], slope, 2e-3) << index;
  };
  for (size_t i = 0; i < expected.open.size(); ++i) check(&TagTransitions::open, i);
  for (size_t i = 0; i < expected.inside.size(); ++i) check(&TagTransitions::inside, i);
}

TEST(SequenceTagger, ExtremeScoresStayFinite) {
  Problem problem = random_problem(3, 400, 3, 500.0);
  TagLattice lattice(problem.transitions);
  lattice.run(problem.emissions);
  EXPECT_TRUE(std::isfinite(lattice.log_partition()));
  const auto tags = best_tags(problem.transitions, problem.emissions);
  for (const TagSpan& span : spans_of_tags(problem.transitions.tags(), tags)) {
    const double probability = lattice.span_probability(span);
    EXPECT_GE(probability, 0.0);
    EXPECT_LE(probability, 1.0);
  }
}

TEST(SequenceTagger, NoWordsNoTags) {
  EXPECT_TRUE(best_tags(TagTransitions(2), {}).empty());
  EXPECT_TRUE(spans_of_tags(BioTags{2}, {}).empty());
}

}  // namespace
}  // namespace ganglion
