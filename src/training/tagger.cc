#include "training/tagger.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/rng.h"
#include "training/tagger_corpus.h"

namespace ganglion {
namespace {

constexpr float kInitialSquares = 1e-4F;
constexpr float kSmallestGradient = 1e-5F;  // below: not worth a memory write
constexpr size_t kReportEvery = 64;         // texts

// A list of weights with AdaGrad's sum of squared gradients and the average of later epochs.
struct AdaptiveWeights {
  explicit AdaptiveWeights(size_t size)
      : value(size, 0.0F), squares(size, kInitialSquares), average(size, 0.0F) {}

  void update(size_t i, float gradient, float rate) {
    squares[i] += gradient * gradient;
    value[i] -= rate * gradient / std::sqrt(squares[i]);
  }
  void add_to_average(float share) {
    for (size_t i = 0; i < value.size(); ++i) average[i] += (value[i] - average[i]) * share;
  }

  std::vector<float> value;
  std::vector<float> squares;
  std::vector<float> average;
};

class TaggerTrainer {
 public:
  TaggerTrainer(const TaggerCorpus& corpus, const TaggerTrainingOptions& options)
      : corpus_(corpus),
        options_(options),
        rng_(options.seed),
        tags_{corpus.types.size()},
        transitions_(corpus.types.size()),
        gradient_(corpus.types.size()),
        lattice_(transitions_),
        weights_(corpus.tags.size()),
        open_(transitions_.open.size()),
        inside_(transitions_.inside.size()) {}

  void run(ProgressSink& progress) {
    std::vector<uint32_t> order(corpus_.examples.size());
    std::iota(order.begin(), order.end(), 0);
    const uint64_t total = uint64_t{options_.num_epochs} * order.size();
    const uint32_t first_averaged = options_.num_epochs / 2;
    uint64_t num_done = 0;
    for (uint32_t epoch = 0; epoch < options_.num_epochs; ++epoch) {
      rng_.shuffle(std::span(order));
      double loss = 0;
      uint64_t num_words = 0;
      for (const uint32_t i : order) {
        loss += learn(corpus_.examples[i]);
        num_words += corpus_.examples[i].num_words();
        if (++num_done % kReportEvery == 0 || num_done == total) {
          progress.update(num_done, total,
                          fmt::format("loss {:.4f}", loss / static_cast<double>(num_words)));
        }
      }
      if (epoch < first_averaged) continue;
      const float share = 1.0F / static_cast<float>(epoch - first_averaged + 1);
      weights_.add_to_average(share);
      open_.add_to_average(share);
      inside_.add_to_average(share);
    }
  }

  TaggerWeights finish();

 private:
  // One step; returns −log P(gold tags).
  double learn(const TaggerExample& example) {
    hide_features(example);
    score_words(example);
    lattice_.set_transitions(transitions_);
    lattice_.run(emissions_);
    const double loss = lattice_.log_partition() - gold_score(example);
    update_transitions(example);
    update_weights(example);
    return loss;
  }

  // Chooses the features of this step: active_[active_begins_[word] …).
  void hide_features(const TaggerExample& example) {
    active_.clear();
    active_begins_.assign(1, 0);
    const auto threshold =
        static_cast<uint64_t>(static_cast<double>(options_.feature_dropout) * 65536.0);
    for (size_t word = 0; word < example.num_words(); ++word) {
      uint64_t bits = 0;
      for (uint32_t i = example.begins[word]; i < example.begins[word + 1]; ++i) {
        if ((i - example.begins[word]) % 4 == 0) bits = rng_.next();
        if ((bits & 0xFFFF) >= threshold) active_.push_back(example.rows[i]);
        bits >>= 16;
      }
      active_begins_.push_back(active_.size());
    }
  }

  void score_words(const TaggerExample& example) {
    const size_t t = tags_.size();
    emissions_.assign(example.num_words() * t, 0.0F);
    const float boost = 1.0F / (1.0F - options_.feature_dropout);  // as if none were hidden
    for (size_t word = 0; word < example.num_words(); ++word) {
      float* row = &emissions_[word * t];
      for (size_t a = active_begins_[word]; a < active_begins_[word + 1]; ++a) {
        for (uint32_t i = corpus_.begins[active_[a]]; i < corpus_.begins[active_[a] + 1]; ++i) {
          row[corpus_.tags[i]] += weights_.value[i];
        }
      }
      for (size_t tag = 0; tag < t; ++tag) row[tag] *= boost;
    }
  }

  // The place of a transition: in `open` or, for an inside tag, in `inside`.
  size_t open_index(size_t previous, size_t tag) const { return previous * tags_.num_open() + tag; }
  size_t inside_index(size_t previous, size_t tag) const {
    return (tags_.is_inside(previous) ? tags_.num_types : 0) + tags_.type_of(tag);
  }

  // Calls `visit(vector member, index)` for each transition of the gold tags.
  template <typename Visit>
  void for_each_gold_transition(const TaggerExample& example, Visit visit) const {
    size_t previous = tags_.size();
    for (const uint16_t tag : example.tags) {
      if (tags_.is_inside(tag)) {
        visit(&TagTransitions::inside, inside_index(previous, tag));
      } else {
        visit(&TagTransitions::open, open_index(previous, tag));
      }
      previous = tag;
    }
  }

  double gold_score(const TaggerExample& example) const {
    double score = 0;
    for (size_t word = 0; word < example.num_words(); ++word) {
      score += emissions_[word * tags_.size() + example.tags[word]];
    }
    for_each_gold_transition(
        example, [&](auto part, size_t index) { score += (transitions_.*part)[index]; });
    return score;
  }

  void update_transitions(const TaggerExample& example) {
    std::fill(gradient_.open.begin(), gradient_.open.end(), 0.0F);
    std::fill(gradient_.inside.begin(), gradient_.inside.end(), 0.0F);
    lattice_.add_transition_marginals(gradient_);
    for_each_gold_transition(example,
                             [&](auto part, size_t index) { (gradient_.*part)[index] -= 1; });
    apply(gradient_.open, open_, transitions_.open);
    apply(gradient_.inside, inside_, transitions_.inside);
  }

  void apply(const std::vector<float>& gradient, AdaptiveWeights& weights,
             std::vector<float>& current) const {
    for (size_t i = 0; i < gradient.size(); ++i) {
      if (std::abs(gradient[i]) < kSmallestGradient) continue;
      weights.update(i, gradient[i], options_.learning_rate);
      current[i] = weights.value[i];
    }
  }

  void update_weights(const TaggerExample& example) {
    std::vector<float>& error = marginals_;
    error.resize(tags_.size());
    for (size_t word = 0; word < example.num_words(); ++word) {
      lattice_.word_marginals(word, error);
      error[example.tags[word]] -= 1;
      for (size_t a = active_begins_[word]; a < active_begins_[word + 1]; ++a) {
        for (uint32_t i = corpus_.begins[active_[a]]; i < corpus_.begins[active_[a] + 1]; ++i) {
          const float gradient = error[corpus_.tags[i]] + options_.l2 * weights_.value[i];
          if (std::abs(gradient) < kSmallestGradient) continue;
          weights_.update(i, gradient, options_.learning_rate);
        }
      }
    }
  }

  const TaggerCorpus& corpus_;
  const TaggerTrainingOptions& options_;
  Rng rng_;
  BioTags tags_;
  TagTransitions transitions_;
  TagTransitions gradient_;
  TagLattice lattice_;
  AdaptiveWeights weights_;  // [W]
  AdaptiveWeights open_;
  AdaptiveWeights inside_;
  std::vector<float> emissions_;  // [n, t]
  std::vector<float> marginals_;  // [t]
  std::vector<uint32_t> active_;
  std::vector<size_t> active_begins_;
};

// The averaged weights in 16 bits; those that round to zero, and features without any, are gone.
TaggerWeights TaggerTrainer::finish() {
  TaggerWeights out;
  out.types = corpus_.types;
  out.phrases = corpus_.phrases;
  out.transitions = transitions_;
  out.transitions.open = open_.average;
  out.transitions.inside = inside_.average;
  float greatest = 1e-6F;
  for (const float weight : weights_.average) greatest = std::max(greatest, std::abs(weight));
  out.weight_scale = greatest / 32767.0F;
  out.begins.push_back(0);
  for (size_t row = 0; row < corpus_.features.size(); ++row) {
    for (uint32_t i = corpus_.begins[row]; i < corpus_.begins[row + 1]; ++i) {
      const auto rounded =
          static_cast<int16_t>(std::lround(weights_.average[i] / out.weight_scale));
      if (rounded == 0) continue;
      out.tags.push_back(corpus_.tags[i]);
      out.weights.push_back(rounded);
    }
    if (out.tags.size() == out.begins.back()) continue;
    out.features.push_back(corpus_.features[row]);
    out.begins.push_back(static_cast<uint32_t>(out.tags.size()));
  }
  return out;
}

}  // namespace

Result<TaggerModel> train_tagger(std::span<const TaggedText> texts,
                                 const TaggerTrainingOptions& options, ProgressSink& progress) {
  if (options.num_epochs == 0 || options.feature_dropout < 0 || options.feature_dropout >= 1) {
    return fail(ErrorCode::kInvalidArgument,
                "tagger training: expected num_epochs > 0 and 0 <= feature_dropout < 1, found {} "
                "and {}",
                options.num_epochs, options.feature_dropout);
  }
  GANGLION_ASSIGN(const TaggerCorpus corpus, build_tagger_corpus(texts, options.min_feature_count));
  TaggerTrainer trainer(corpus, options);
  trainer.run(progress);
  return TaggerModel::create(trainer.finish());
}

}  // namespace ganglion
