#include "models/tagger.h"

#include <algorithm>
#include <cmath>

namespace ganglion {
namespace {

std::vector<std::string> split_type(std::string_view joined) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= joined.size();) {
    const size_t end = std::min(joined.find('|', begin), joined.size());
    names.emplace_back(joined.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

// Far above what training gives, far below what could overflow the sum of a path.
constexpr float kGreatestScore = 1e6F;

bool all_bounded(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(),
                     [](float value) { return std::abs(value) <= kGreatestScore; });
}

// Within a feature each tag has one weight.
bool tags_ascend(const TaggerWeights& weights) {
  for (size_t row = 0; row < weights.features.size(); ++row) {
    for (uint32_t i = weights.begins[row] + 1; i < weights.begins[row + 1]; ++i) {
      if (weights.tags[i - 1] >= weights.tags[i]) return false;
    }
  }
  return true;
}

Status check_weights(const TaggerWeights& weights) {
  const size_t num_types = weights.types.size();
  const auto malformed = [](std::string_view field, std::string_view what) {
    return fail(ErrorCode::kMalformed, "{}: {}; train the model again", field, what);
  };
  if (num_types == 0 || num_types > TaggerModel::kMaxTypes) {
    return malformed("types", fmt::format("expected 1 to {} types, found {}",
                                          TaggerModel::kMaxTypes, num_types));
  }
  const TagTransitions expected(num_types);
  if (weights.transitions.num_types != num_types ||
      weights.transitions.open.size() != expected.open.size() ||
      weights.transitions.inside.size() != expected.inside.size()) {
    return malformed("transitions", "their shape does not fit the number of types");
  }
  if (!all_bounded(weights.transitions.open) || !all_bounded(weights.transitions.inside) ||
      !(weights.weight_scale >= 0 && weights.weight_scale <= kGreatestScore)) {
    return malformed("transitions and weight_scale",
                     fmt::format("expected numbers up to {}", kGreatestScore));
  }
  if (weights.begins.size() != weights.features.size() + 1 || weights.begins.front() != 0 ||
      weights.begins.back() != weights.tags.size() ||
      weights.tags.size() != weights.weights.size() ||
      !std::is_sorted(weights.begins.begin(), weights.begins.end())) {
    return malformed("feature.begin", "expected ascending offsets that cover every weight");
  }
  const size_t num_tags = BioTags{num_types}.size();
  if (std::any_of(weights.tags.begin(), weights.tags.end(),
                  [&](uint16_t tag) { return tag >= num_tags; })) {
    return malformed("weight.tag", fmt::format("expected tags below {}", num_tags));
  }
  if (!tags_ascend(weights)) {
    return malformed("weight.tag", "expected each feature's tags in ascending order");
  }
  const auto types = weights.phrases.types();
  if (std::any_of(types.begin(), types.end(),
                  [&](const PhraseType& seen) { return seen.type >= num_types; })) {
    return malformed("phrase.type", fmt::format("expected types below {}", num_types));
  }
  return {};
}

}  // namespace

Result<TaggerModel> TaggerModel::create(TaggerWeights weights) {
  GANGLION_TRY(check_weights(weights));
  TaggerModel model(std::move(weights));
  if (!model.index_.build(model.weights_.features)) {
    return fail(ErrorCode::kMalformed, "feature.hash: expected unique hashes");
  }
  for (const std::string& joined : model.weights_.types) {
    model.names_of_type_.push_back(split_type(joined));
    const auto& names = model.names_of_type_.back();
    if (std::find(names.begin(), names.end(), "") != names.end()) {
      return fail(ErrorCode::kMalformed, "types: \"{}\" holds an empty name", joined);
    }
    model.type_names_.insert(model.type_names_.end(), names.begin(), names.end());
  }
  auto& all = model.type_names_;
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return model;
}

std::vector<TaggedSpan> TaggerModel::tag(std::string_view text,
                                         std::span<const std::string> context) const {
  const std::vector<TaggerWord> words = split_tagger_words(text);
  std::vector<TaggedSpan> spans;
  for (size_t begin = 0; begin < words.size();) {
    const size_t end = tagger_piece_end(text, words, begin);
    tag_piece(text, std::span(words).subspan(begin, end - begin), context, spans);
    begin = end;
  }
  return spans;
}

void TaggerModel::tag_piece(std::string_view text, std::span<const TaggerWord> words,
                            std::span<const std::string> context,
                            std::vector<TaggedSpan>& out) const {
  const TaggerFeatureRows rows =
      extract_tagger_features(text, words, context, weights_.phrases, {});
  const size_t t = weights_.transitions.tags().size();
  std::vector<float> emissions(words.size() * t);
  std::vector<int64_t> sums(t);  // whole numbers: no order, no overflow
  for (size_t word = 0; word < words.size(); ++word) {
    std::fill(sums.begin(), sums.end(), 0);
    for (const uint32_t hash : rows.of(word)) {
      const uint32_t row = index_.find(hash);
      if (row == HashIndex::kNotFound) continue;
      for (uint32_t i = weights_.begins[row]; i < weights_.begins[row + 1]; ++i) {
        sums[weights_.tags[i]] += weights_.weights[i];
      }
    }
    for (size_t tag = 0; tag < t; ++tag) {
      emissions[word * t + tag] = static_cast<float>(sums[tag]) * weights_.weight_scale;
    }
  }
  const auto found =
      spans_of_tags(weights_.transitions.tags(), best_tags(weights_.transitions, emissions));
  if (found.empty()) return;
  TagLattice lattice = lattice_;
  lattice.run(emissions);
  for (const TagSpan& span : found) {
    const auto score = static_cast<float>(lattice.span_probability(span));
    for (const std::string& name : names_of_type_[span.type]) {
      out.push_back({words[span.begin].begin, words[span.end - 1].end, name, score});
    }
  }
}

}  // namespace ganglion
