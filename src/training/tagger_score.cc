#include "training/tagger_score.h"

#include <set>
#include <tuple>

namespace ganglion {
namespace {

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
}

using SpanSet = std::set<std::tuple<size_t, size_t, std::string>>;

void add_counts(SpanCounts& counts, bool found, bool gold) {
  counts.num_right += static_cast<uint64_t>(found && gold);
  counts.num_found += static_cast<uint64_t>(found);
  counts.num_gold += static_cast<uint64_t>(gold);
}

}  // namespace

double SpanCounts::precision() const { return share(num_right, num_found); }
double SpanCounts::recall() const { return share(num_right, num_gold); }
double SpanCounts::f1() const { return share(2 * num_right, num_found + num_gold); }

TaggerScore score_tagger(const TaggerModel& model, std::span<const TaggedText> texts) {
  TaggerScore score;
  for (const TaggedText& text : texts) {
    SpanSet gold;
    SpanSet found;
    for (const LabelledSpan& span : text.spans) gold.emplace(span.begin, span.end, span.type);
    for (TaggedSpan& span : model.tag(text.text, text.context)) {
      found.emplace(span.begin, span.end, std::move(span.type));
    }
    SpanSet either = gold;
    either.insert(found.begin(), found.end());
    for (const auto& span : either) {
      const bool is_found = found.contains(span);
      const bool is_gold = gold.contains(span);
      add_counts(score.all, is_found, is_gold);
      add_counts(score.by_type[std::get<2>(span)], is_found, is_gold);
    }
  }
  return score;
}

}  // namespace ganglion
