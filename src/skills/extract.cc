#include "skills/extract.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "guard/overlap.h"
#include "skills/extract_values.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

// How far a cue may be from its value.
constexpr size_t kMaxCueBytesBefore = 40;
constexpr size_t kMaxCueBytesAfter = 16;

using Bytes = std::pair<size_t, size_t>;

bool overlaps(const Bytes& a, const Bytes& b) { return a.first < b.second && b.first < a.second; }

std::string_view finder_name(const FieldSpec& field) {
  switch (field.kind) {
    case FieldKind::kTagged:
      return "tagger";
    case FieldKind::kEnum:
    case FieldKind::kBoolean:
      return "phrase";
    case FieldKind::kDetected:
      return "detector";
    case FieldKind::kDate:
      return "date";
    case FieldKind::kAmount:
    case FieldKind::kNumber:
    case FieldKind::kInteger:
      return "number";
    default:
      return "pattern";
  }
}

// Whether fields of this kind share no text with one another.
bool claims_text(FieldKind kind) {
  return kind != FieldKind::kTagged && kind != FieldKind::kEnum && kind != FieldKind::kBoolean;
}

int rank_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::kDetected:
    case FieldKind::kUuid:
      return 0;
    case FieldKind::kPattern:
      return 1;
    case FieldKind::kDate:
      return 2;
    case FieldKind::kAmount:
      return 3;
    default:
      return 4;
  }
}

const FieldSpec& leaf_of(const FieldSpec& field) {
  return field.kind == FieldKind::kArray ? field.children[0] : field;
}

void collect_leaves(const FieldSpec& field, std::vector<const FieldSpec*>& leaves) {
  for (const FieldSpec& child : field.children) {
    if (child.kind == FieldKind::kObject) {
      collect_leaves(child, leaves);
    } else {
      leaves.push_back(&child);
    }
  }
}

std::unique_ptr<Detector> detector_for(PiiType type) {
  switch (type) {
    case PiiType::kEmail:
    case PiiType::kUrl:
      return make_contact_detector();
    case PiiType::kIpAddress:
    case PiiType::kMacAddress:
      return make_network_detector();
    case PiiType::kPhone:
      return make_phone_detector();
    case PiiType::kIban:
      return make_iban_detector();
    case PiiType::kCreditCard:
      return make_card_detector();
    case PiiType::kBitcoinAddress:
      return make_bitcoin_detector();
    default:
      return make_identifier_detector();
  }
}

}  // namespace

// One text.
class Extractor::Run {
 public:
  Run(const Extractor& extractor, std::string_view text)
      : extractor_(extractor), split_(text), positions_(text) {}

  Result<Extraction> go(std::span<const std::string> context) {
    if (extractor_.tagger_ != nullptr) tagged_ = extractor_.tagger_->tag(split_.text, context);
    GANGLION_TRY(detect());
    for (const FieldSpec* field : extractor_.order_) GANGLION_TRY(fill(*field));
    std::vector<ExtractedValue> values;
    out_.fields = build_object(extractor_.root_, values);
    out_.values = std::move(values);
    return std::move(out_);
  }

 private:
  Status detect() {
    if (extractor_.detectors_.empty()) return {};
    const ScannedText scan(split_.text);
    for (const auto& detector : extractor_.detectors_) {
      GANGLION_TRY(detector->detect(scan, findings_));
    }
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const Finding& a, const Finding& b) { return a.begin < b.begin; });
    return {};
  }

  // Chooses the candidates of a leaf or an array of leaves.
  Status fill(const FieldSpec& field) {
    const FieldSpec& leaf = leaf_of(field);
    GANGLION_ASSIGN(std::vector<Candidate> candidates, candidates_of(leaf));
    keep_tagged(leaf, candidates);
    const bool is_list = field.kind == FieldKind::kArray;
    keep_cued(leaf, is_list, candidates);
    if (!is_list && !leaf.tag.empty()) {
      std::stable_sort(candidates.begin(), candidates.end(),
                       [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    }
    const size_t limit =
        is_list ? std::min<uint64_t>(field.max_items.value_or(kMaxItems), kMaxItems) : 1;
    std::vector<Candidate>& chosen = chosen_[&field];
    for (Candidate& candidate : candidates) {
      if (chosen.size() >= limit) break;
      const Bytes bytes(candidate.begin, candidate.end);
      if (claims_text(leaf.kind) && is_claimed(bytes)) continue;
      if (field.unique_items && holds_value(chosen, candidate.value)) continue;
      GANGLION_ASSIGN(const bool accepted, accepts(leaf, candidate.value));
      if (!accepted) continue;
      if (claims_text(leaf.kind)) claimed_.push_back(bytes);
      chosen.push_back(std::move(candidate));
    }
    if (chosen.size() < field.min_items.value_or(0)) chosen.clear();
    return {};
  }

  bool is_claimed(const Bytes& bytes) const {
    return std::any_of(claimed_.begin(), claimed_.end(),
                       [&](const Bytes& other) { return overlaps(bytes, other); });
  }

  static bool holds_value(const std::vector<Candidate>& chosen, const json::value& value) {
    return std::any_of(chosen.begin(), chosen.end(),
                       [&](const Candidate& other) { return other.value == value; });
  }

  Result<std::vector<Candidate>> candidates_of(const FieldSpec& leaf) {
    switch (leaf.kind) {
      case FieldKind::kTagged:
        return tagged_strings(leaf);
      case FieldKind::kPattern:
        return pattern_values(leaf);
      case FieldKind::kEnum:
      case FieldKind::kBoolean:
        return leaf.phrases.find(split_);
      case FieldKind::kDetected:
        return detected_values(leaf);
      case FieldKind::kUuid:
        return find_uuids(split_);
      case FieldKind::kDate:
        return dates_of(leaf);
      case FieldKind::kAmount:
        return find_amounts(split_);
      default:
        return numbers_of(leaf);
    }
  }

  std::vector<Candidate> tagged_strings(const FieldSpec& leaf) const {
    std::vector<Candidate> found;
    for (const TaggedSpan& span : tagged_) {
      if (span.type != leaf.tag) continue;
      found.push_back({span.begin, span.end,
                       json::value(split_.text.substr(span.begin, span.end - span.begin)), 1.0});
    }
    return found;
  }

  Result<std::vector<Candidate>> pattern_values(const FieldSpec& leaf) const {
    GANGLION_ASSIGN(const auto matches, leaf.pattern->find_values(split_.text, kMaxItems));
    std::vector<Candidate> found;
    found.reserve(matches.size());
    for (const RegexMatch& match : matches) {
      found.push_back({match.begin, match.end,
                       json::value(split_.text.substr(match.begin, match.end - match.begin)), 1.0});
    }
    return found;
  }

  std::vector<Candidate> detected_values(const FieldSpec& leaf) const {
    std::vector<Candidate> found;
    for (const Finding& finding : findings_) {
      if (finding.type != leaf.detected) continue;
      auto value =
          normalise_detected(leaf, split_.text.substr(finding.begin, finding.end - finding.begin));
      if (!value) continue;
      found.push_back({finding.begin, finding.end, json::value(*value), finding.score});
    }
    return found;
  }

  std::vector<Candidate> dates_of(const FieldSpec& leaf) {
    DateCandidates found = find_dates(split_, leaf.date_order);
    for (AmbiguousCandidate& candidate : found.ambiguous) {
      ambiguous_.push_back({&leaf, std::move(candidate)});
    }
    return std::move(found.dates);
  }

  // Numbers that are no part of a date or of something a detector knows.
  std::vector<Candidate> numbers_of(const FieldSpec& leaf) {
    std::vector<Candidate> found = find_numbers(split_);
    if (!leaf.tag.empty()) {
      const auto words = find_number_words(split_);
      found.insert(found.end(), words.begin(), words.end());
      std::stable_sort(found.begin(), found.end(),
                       [](const Candidate& a, const Candidate& b) { return a.begin < b.begin; });
      return found;
    }
    if (!taken_by_others_) {
      taken_by_others_.emplace();
      for (const Finding& finding : findings_) {
        taken_by_others_->push_back({finding.begin, finding.end});
      }
      const DateCandidates dates = find_dates(split_, DateOrder::kDayFirst);
      for (const Candidate& date : dates.dates) taken_by_others_->push_back({date.begin, date.end});
      for (const auto& date : dates.ambiguous) taken_by_others_->push_back({date.begin, date.end});
    }
    std::erase_if(found, [&](const Candidate& candidate) {
      return std::any_of(taken_by_others_->begin(), taken_by_others_->end(),
                         [&](const Bytes& other) {
                           return overlaps({candidate.begin, candidate.end}, other);
                         });
    });
    return found;
  }

  // With a tag: only what lies inside a span of that tag, with the span's probability.
  void keep_tagged(const FieldSpec& leaf, std::vector<Candidate>& candidates) const {
    if (leaf.tag.empty()) return;
    std::erase_if(candidates, [&](Candidate& candidate) {
      for (const TaggedSpan& span : tagged_) {
        if (span.type != leaf.tag || span.score < leaf.min_score || candidate.begin < span.begin ||
            candidate.end > span.end) {
          continue;
        }
        candidate.score *= span.score;
        return false;
      }
      return true;
    });
  }

  // With cues: only what has one near it on the same line; of a single field, the nearest first.
  void keep_cued(const FieldSpec& leaf, bool is_list, std::vector<Candidate>& candidates) const {
    if (leaf.cues.empty() || candidates.empty()) return;
    const std::vector<Candidate> cues = leaf.cues.find(split_);
    std::vector<std::pair<size_t, Candidate>> near;
    for (Candidate& candidate : candidates) {
      std::optional<size_t> nearest;
      for (const Candidate& cue : cues) {
        const auto gap = gap_between(cue, candidate);
        if (gap && (!nearest || *gap < *nearest)) nearest = gap;
      }
      if (nearest) near.emplace_back(*nearest, std::move(candidate));
    }
    if (!is_list) {
      std::stable_sort(near.begin(), near.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    candidates.clear();
    for (auto& [gap, candidate] : near) candidates.push_back(std::move(candidate));
  }

  // Bytes between a cue and a value, when the cue is near enough.
  std::optional<size_t> gap_between(const Candidate& cue, const Candidate& candidate) const {
    const bool is_after = cue.begin >= candidate.end;
    const size_t begin = is_after ? candidate.end : cue.end;
    const size_t end = is_after ? cue.begin : candidate.begin;
    if (begin > end) return 0;  // the value holds the cue: "5 people"
    const size_t reach = is_after ? kMaxCueBytesAfter : kMaxCueBytesBefore;
    const std::string_view between = split_.text.substr(begin, end - begin);
    if (between.size() > reach || between.find('\n') != std::string_view::npos) return {};
    return between.size();
  }

  // The object's fields that are valid; `values` gets their sources.
  json::object build_object(const FieldSpec& spec, std::vector<ExtractedValue>& values) {
    json::object object;
    bool complete = true;
    for (const FieldSpec& child : spec.children) {
      if (child.kind == FieldKind::kObject) {
        complete = build_child_object(child, object, values) && complete;
        continue;
      }
      std::vector<Candidate>& chosen = chosen_[&child];
      if (!chosen.empty()) {
        object[child.name] = build_value(child, chosen, values);
        continue;
      }
      note_missing(child);
      if (child.required && child.nullable) object[child.name] = nullptr;
      complete = complete && (!child.required || child.nullable);
    }
    last_complete_ = complete;
    if (&spec == &extractor_.root_) out_.valid = complete;
    return object;
  }

  // False when the child is required and cannot be given.
  bool build_child_object(const FieldSpec& child, json::object& object,
                          std::vector<ExtractedValue>& values) {
    std::vector<ExtractedValue> inner_values;
    json::object inner = build_object(child, inner_values);
    const bool complete = last_complete_;
    if (complete && (!inner.empty() || child.required)) {
      object[child.name] = std::move(inner);
      values.insert(values.end(), std::make_move_iterator(inner_values.begin()),
                    std::make_move_iterator(inner_values.end()));
      return true;
    }
    out_.missing.push_back(child.pointer);
    if (child.required && child.nullable) object[child.name] = nullptr;
    return !child.required || child.nullable;
  }

  json::value build_value(const FieldSpec& field, std::vector<Candidate>& chosen,
                          std::vector<ExtractedValue>& values) {
    if (field.kind != FieldKind::kArray) {
      note_value(field, field.pointer, chosen[0], values);
      return std::move(chosen[0].value);
    }
    json::array items;
    for (Candidate& candidate : chosen) {
      note_value(leaf_of(field), fmt::format("{}/{}", field.pointer, items.size()), candidate,
                 values);
      items.push_back(std::move(candidate.value));
    }
    return items;
  }

  void note_value(const FieldSpec& leaf, std::string pointer, const Candidate& candidate,
                  std::vector<ExtractedValue>& values) const {
    values.push_back(
        {std::move(pointer), positions_.code_point_at(candidate.begin),
         positions_.code_point_at(candidate.end),
         std::string(split_.text.substr(candidate.begin, candidate.end - candidate.begin)),
         candidate.score, leaf.tag.empty() ? finder_name(leaf) : "tagger"});
  }

  void note_missing(const FieldSpec& field) {
    out_.missing.push_back(field.pointer);
    for (const auto& [leaf, candidate] : ambiguous_) {
      if (leaf != &leaf_of(field)) continue;
      out_.ambiguous.push_back(
          {field.pointer, positions_.code_point_at(candidate.begin),
           positions_.code_point_at(candidate.end),
           std::string(split_.text.substr(candidate.begin, candidate.end - candidate.begin)),
           candidate.readings});
    }
  }

  const Extractor& extractor_;
  SplitText split_;
  CodePointIndex positions_;
  std::vector<TaggedSpan> tagged_;
  std::vector<Finding> findings_;
  std::map<const FieldSpec*, std::vector<Candidate>> chosen_;
  std::vector<Bytes> claimed_;
  std::optional<std::vector<Bytes>> taken_by_others_;  // not numbers
  std::vector<std::pair<const FieldSpec*, AmbiguousCandidate>> ambiguous_;
  Extraction out_;
  bool last_complete_ = true;  // of the last object built
};

Result<Extractor> Extractor::create(const json::value& schema, std::string_view source_name,
                                    std::shared_ptr<const TaggerModel> tagger) {
  const std::vector<std::string> types =
      tagger == nullptr ? std::vector<std::string>() : tagger->types();
  Extractor extractor;
  GANGLION_ASSIGN(extractor.root_, parse_extract_schema(schema, source_name, types));
  extractor.tagger_ = std::move(tagger);
  collect_leaves(extractor.root_, extractor.order_);
  const auto key = [](const FieldSpec* field) {
    const FieldSpec& leaf = leaf_of(*field);
    const bool is_marked = !leaf.cues.empty() || !leaf.tag.empty();
    return std::tuple(is_marked ? 0 : 1, rank_of(leaf.kind));
  };
  std::stable_sort(extractor.order_.begin(), extractor.order_.end(),
                   [&](const FieldSpec* a, const FieldSpec* b) { return key(a) < key(b); });
  extractor.add_detectors();
  return extractor;
}

void Extractor::add_detectors() {
  bool has_numbers = false;
  bool needs_phone = false;
  std::set<std::string_view> names;  // one detector finds several types
  const auto add = [&](PiiType type) {
    auto detector = detector_for(type);
    if (names.insert(detector->name()).second) detectors_.push_back(std::move(detector));
  };
  for (const FieldSpec* field : order_) {
    const FieldSpec& leaf = leaf_of(*field);
    if (leaf.kind == FieldKind::kDetected) add(leaf.detected);
    needs_phone =
        needs_phone || (leaf.kind == FieldKind::kDetected && leaf.detected == PiiType::kPhone);
    has_numbers =
        has_numbers || leaf.kind == FieldKind::kNumber || leaf.kind == FieldKind::kInteger;
  }
  if (!has_numbers && !needs_phone) return;
  for (const PiiType type : {PiiType::kEmail, PiiType::kIpAddress, PiiType::kPhone, PiiType::kIban,
                             PiiType::kCreditCard}) {
    add(type);  // their digits are neither numbers nor parts of telephone numbers
  }
}

Result<Extraction> Extractor::extract(std::string_view text,
                                      std::span<const std::string> context) const {
  if (text.size() > kMaxTextBytes) {
    return fail(ErrorCode::kLimit, "text: expected at most {} bytes, found {}; split it",
                kMaxTextBytes, text.size());
  }
  if (const size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "text: invalid UTF-8 at byte {}", bad);
  }
  return Run(*this, text).go(context);
}

json::object extraction_to_json(const Extraction& extraction) {
  json::array values;
  for (const ExtractedValue& value : extraction.values) {
    values.push_back(json::object{{"field", value.field},
                                  {"start", value.start},
                                  {"end", value.end},
                                  {"source", value.source},
                                  {"score", value.score},
                                  {"found_by", json::string(value.found_by)}});
  }
  json::array ambiguous;
  for (const AmbiguousValue& value : extraction.ambiguous) {
    ambiguous.push_back(json::object{{"field", value.field},
                                     {"start", value.start},
                                     {"end", value.end},
                                     {"source", value.source},
                                     {"readings", json::value_from(value.readings)}});
  }
  return {{"fields", extraction.fields},
          {"values", std::move(values)},
          {"missing", json::value_from(extraction.missing)},
          {"ambiguous", std::move(ambiguous)},
          {"valid", extraction.valid}};
}

}  // namespace ganglion
