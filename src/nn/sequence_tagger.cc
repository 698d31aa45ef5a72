#include "nn/sequence_tagger.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace ganglion {
namespace {

constexpr float kEmissionFloor = -40;
constexpr float kTransitionBound = 30;

float bounded_exp(float score) {
  return std::exp(std::clamp(score, -kTransitionBound, kTransitionBound));
}

// One Viterbi step: the best way into every tag of the next word. `from` and `to` [t], `back` [t].
void viterbi_step(const TagTransitions& transitions, std::span<const float> from,
                  std::span<float> to, std::span<uint16_t> back) {
  const BioTags tags = transitions.tags();
  const size_t num_open = tags.num_open();
  for (size_t next = 0; next < num_open; ++next) {
    to[next] = from[0] + transitions.open[next];
    back[next] = 0;
  }
  for (size_t tag = 1; tag < tags.size(); ++tag) {
    const float* row = &transitions.open[tag * num_open];
    for (size_t next = 0; next < num_open; ++next) {
      const float score = from[tag] + row[next];
      back[next] = score > to[next] ? static_cast<uint16_t>(tag) : back[next];
      to[next] = std::max(to[next], score);
    }
  }
  for (size_t type = 0; type < tags.num_types; ++type) {
    const size_t begin = tags.begin_of(type);
    const size_t inside = tags.inside_of(type);
    const float opened = from[begin] + transitions.inside[type];
    const float continued = from[inside] + transitions.inside[tags.num_types + type];
    to[inside] = std::max(opened, continued);
    back[inside] = static_cast<uint16_t>(opened >= continued ? begin : inside);
  }
}

}  // namespace

TagTransitions::TagTransitions(size_t types)
    : num_types(types), open((2 * types + 2) * (types + 1), 0.0F), inside(2 * types, 0.0F) {}

std::vector<uint16_t> best_tags(const TagTransitions& transitions,
                                std::span<const float> emissions) {
  const BioTags tags = transitions.tags();
  const size_t t = tags.size();
  const size_t n = emissions.size() / t;
  if (n == 0) return {};
  std::vector<uint16_t> back(n * t);
  // An inside tag cannot start a sentence.
  std::vector<float> score(t, -std::numeric_limits<float>::infinity());
  std::vector<float> next(t);
  for (size_t tag = 0; tag < tags.num_open(); ++tag) {
    score[tag] = transitions.open[t * tags.num_open() + tag] + emissions[tag];
  }
  for (size_t word = 1; word < n; ++word) {
    viterbi_step(transitions, score, next, std::span(back).subspan(word * t, t));
    for (size_t tag = 0; tag < t; ++tag) next[tag] += emissions[word * t + tag];
    score.swap(next);
  }
  std::vector<uint16_t> best(n);
  best[n - 1] = static_cast<uint16_t>(std::max_element(score.begin(), score.end()) - score.begin());
  for (size_t word = n - 1; word > 0; --word) best[word - 1] = back[word * t + best[word]];
  return best;
}

std::vector<TagSpan> spans_of_tags(BioTags tags, std::span<const uint16_t> sequence) {
  std::vector<TagSpan> spans;
  for (size_t word = 0; word < sequence.size(); ++word) {
    const size_t tag = sequence[word];
    if (tags.is_begin(tag)) {
      spans.push_back({word, word + 1, tags.type_of(tag)});
    } else if (tags.is_inside(tag)) {
      GANGLION_ASSERT(!spans.empty() && spans.back().end == word);
      spans.back().end = word + 1;
    }
  }
  return spans;
}

void TagLattice::set_transitions(const TagTransitions& transitions) {
  tags_ = transitions.tags();
  exp_transitions_.num_types = transitions.num_types;
  exp_transitions_.open.resize(transitions.open.size());
  exp_transitions_.inside.resize(transitions.inside.size());
  std::transform(transitions.open.begin(), transitions.open.end(), exp_transitions_.open.begin(),
                 bounded_exp);
  std::transform(transitions.inside.begin(), transitions.inside.end(),
                 exp_transitions_.inside.begin(), bounded_exp);
}

void TagLattice::run(std::span<const float> emissions) {
  const size_t t = tags_.size();
  num_words_ = emissions.size() / t;
  GANGLION_ASSERT(num_words_ >= 1 && emissions.size() % t == 0);
  exp_emissions_.resize(emissions.size());
  log_partition_ = 0;
  for (size_t word = 0; word < num_words_; ++word) {
    const auto row = emissions.subspan(word * t, t);
    const float greatest = *std::max_element(row.begin(), row.end());
    log_partition_ += greatest;
    for (size_t tag = 0; tag < t; ++tag) {
      exp_emissions_[word * t + tag] = std::exp(std::max(row[tag] - greatest, kEmissionFloor));
    }
  }
  run_forward();
  run_backward();
}

void TagLattice::run_forward() {
  const size_t t = tags_.size();
  const size_t num_open = tags_.num_open();
  const size_t num_types = tags_.num_types;
  forward_.assign(num_words_ * t, 0.0F);
  scale_.resize(num_words_);
  for (size_t word = 0; word < num_words_; ++word) {
    float* row = &forward_[word * t];
    if (word == 0) {
      std::copy_n(&exp_transitions_.open[t * num_open], num_open, row);
    } else {
      const float* previous = row - t;
      for (size_t tag = 0; tag < t; ++tag) {
        const float weight = previous[tag];
        const float* transition = &exp_transitions_.open[tag * num_open];
        for (size_t next = 0; next < num_open; ++next) row[next] += weight * transition[next];
      }
      for (size_t type = 0; type < num_types; ++type) {
        row[num_open + type] =
            previous[1 + type] * exp_transitions_.inside[type] +
            previous[num_open + type] * exp_transitions_.inside[num_types + type];
      }
    }
    float sum = 0;
    for (size_t tag = 0; tag < t; ++tag) {
      row[tag] *= exp_emissions_[word * t + tag];
      sum += row[tag];
    }
    scale_[word] = sum;
    log_partition_ += std::log(static_cast<double>(sum));
    for (size_t tag = 0; tag < t; ++tag) row[tag] /= sum;
  }
}

void TagLattice::weigh_next(size_t word, std::vector<float>& next) const {
  const size_t t = tags_.size();
  next.resize(t);
  for (size_t tag = 0; tag < t; ++tag) {
    next[tag] = backward_[word * t + tag] * exp_emissions_[word * t + tag] / scale_[word];
  }
}

void TagLattice::run_backward() {
  const size_t t = tags_.size();
  const size_t num_open = tags_.num_open();
  const size_t num_types = tags_.num_types;
  backward_.assign(num_words_ * t, 1.0F);
  std::vector<float> next;
  for (size_t word = num_words_ - 1; word > 0; --word) {
    weigh_next(word, next);
    float* row = &backward_[(word - 1) * t];
    for (size_t tag = 0; tag < t; ++tag) {
      const float* transition = &exp_transitions_.open[tag * num_open];
      float sum = 0;
      for (size_t to = 0; to < num_open; ++to) sum += transition[to] * next[to];
      row[tag] = sum;
    }
    for (size_t type = 0; type < num_types; ++type) {
      const float inside = next[num_open + type];
      row[1 + type] += exp_transitions_.inside[type] * inside;
      row[num_open + type] += exp_transitions_.inside[num_types + type] * inside;
    }
  }
}

void TagLattice::word_marginals(size_t word, std::span<float> out) const {
  const size_t t = tags_.size();
  for (size_t tag = 0; tag < t; ++tag) {
    out[tag] = forward_[word * t + tag] * backward_[word * t + tag];
  }
}

double TagLattice::span_probability(const TagSpan& span) const {
  const size_t t = tags_.size();
  const size_t num_open = tags_.num_open();
  const size_t inside = tags_.inside_of(span.type);
  double probability = forward_[span.begin * t + tags_.begin_of(span.type)];
  for (size_t word = span.begin + 1; word < span.end; ++word) {
    const size_t step = (word == span.begin + 1 ? 0 : tags_.num_types) + span.type;
    probability *= static_cast<double>(exp_transitions_.inside[step]) *
                   exp_emissions_[word * t + inside] / scale_[word];
  }
  if (span.end == num_words_) return probability;
  // The next word must not continue the span: only its outside and begin tags count.
  const size_t last = span.end - span.begin == 1 ? tags_.begin_of(span.type) : inside;
  std::vector<float> next;
  weigh_next(span.end, next);
  double ending = 0;
  for (size_t to = 0; to < num_open; ++to) {
    ending += static_cast<double>(exp_transitions_.open[last * num_open + to]) * next[to];
  }
  return std::min(1.0, probability * ending);
}

void TagLattice::add_transition_marginals(TagTransitions& sums) const {
  const size_t t = tags_.size();
  const size_t num_open = tags_.num_open();
  const size_t num_types = tags_.num_types;
  for (size_t tag = 0; tag < num_open; ++tag) {
    sums.open[t * num_open + tag] += forward_[tag] * backward_[tag];
  }
  std::vector<float> next;
  for (size_t word = 1; word < num_words_; ++word) {
    weigh_next(word, next);
    const float* from = &forward_[(word - 1) * t];
    for (size_t tag = 0; tag < t; ++tag) {
      const float weight = from[tag];
      if (weight < 1e-8F) continue;  // too little to move a float sum
      const float* transition = &exp_transitions_.open[tag * num_open];
      float* sum = &sums.open[tag * num_open];
      for (size_t to = 0; to < num_open; ++to) sum[to] += weight * transition[to] * next[to];
    }
    for (size_t type = 0; type < num_types; ++type) {
      const float inside = next[num_open + type];
      sums.inside[type] += from[1 + type] * exp_transitions_.inside[type] * inside;
      sums.inside[num_types + type] +=
          from[num_open + type] * exp_transitions_.inside[num_types + type] * inside;
    }
  }
}

}  // namespace ganglion
