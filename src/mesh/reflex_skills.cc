#include "mesh/reflex_skills.h"

#include "base/file.h"
#include "base/hash.h"
#include "guard/default_redactor.h"
#include "mesh/draft_mask.h"

namespace ganglion {
namespace {

// "/order_id/0" → "order_id"
std::string field_name(std::string_view pointer) {
  pointer.remove_prefix(1);
  return std::string(pointer.substr(0, pointer.find('/')));
}

std::vector<std::string> remarks_of(const Draft& draft) {
  std::vector<std::string> remarks;
  if (draft.status == DraftStatus::kNoPassage) remarks.emplace_back("no article speaks of it");
  for (const PolicyViolation& violation : draft.violations) {
    const bool missing = violation.kind == PolicyViolation::Kind::kRequiredMissing;
    remarks.push_back(fmt::format(
        "{} \"{}\"", missing ? "a required phrase is missing:" : "a forbidden phrase is used:",
        violation.phrase));
  }
  return remarks;
}

DraftVerdict verdict_of(DraftStatus status) {
  switch (status) {
    case DraftStatus::kReady:
      return DraftVerdict::kAccepted;
    case DraftStatus::kPolicyViolation:
      return DraftVerdict::kRejected;
    case DraftStatus::kNoPassage:
      return DraftVerdict::kNoPassage;
  }
  return DraftVerdict::kRejected;
}

}  // namespace

ReflexSkills::ReflexSkills(Redactor redactor, IdentifiedEncoder encoder)
    : redactor_(std::move(redactor)), encoder_(std::move(encoder)) {}

Result<std::unique_ptr<ReflexSkills>> ReflexSkills::load(const MeshFile& mesh) {
  RedactorOptions options;
  options.kept_types = mesh.kept_types;
  GANGLION_ASSIGN(Redactor redactor, load_default_redactor(std::move(options)));
  GANGLION_ASSIGN(IdentifiedEncoder encoder, load_identified_encoder());
  std::unique_ptr<ReflexSkills> skills(new ReflexSkills(std::move(redactor), std::move(encoder)));
  GANGLION_TRY(skills->load_classifiers(mesh));
  if (mesh.extract) GANGLION_TRY(skills->load_extractor(*mesh.extract));
  if (mesh.draft) GANGLION_TRY(skills->load_drafter(*mesh.draft));
  return skills;
}

Status ReflexSkills::remember_model(std::string_view skill, const std::filesystem::path& path) {
  GANGLION_ASSIGN(const std::string bytes, read_file(path));
  models_.push_back({std::string(skill), to_hex(sha256(std::string_view(bytes)))});
  return {};
}

Status ReflexSkills::load_classifiers(const MeshFile& mesh) {
  for (const ClassifySkill& skill : mesh.classify) {
    GANGLION_ASSIGN(Classifier classifier, Classifier::load(skill.model, encoder_));
    if (classifiers_.empty()) abstain_label_ = classifier.abstain_label();
    names_.push_back(skill.name);
    labels_.push_back(classifier.labels());
    GANGLION_TRY(remember_model(skill.name, skill.model));
    classifiers_.push_back(std::move(classifier));
  }
  return {};
}

Status ReflexSkills::load_extractor(const ExtractSkill& skill) {
  GANGLION_ASSIGN(const std::string text, read_file(skill.schema, 1 << 20));
  const std::string source_name = skill.schema.string();
  GANGLION_ASSIGN(const json::value schema, parse_json(text, source_name));
  std::shared_ptr<const TaggerModel> tagger;
  if (!skill.tagger.empty()) {
    GANGLION_ASSIGN(TaggerModel model, TaggerModel::load(skill.tagger));
    tagger = std::make_shared<const TaggerModel>(std::move(model));
    GANGLION_TRY(remember_model("extract", skill.tagger));
  }
  GANGLION_ASSIGN(Extractor extractor, Extractor::create(schema, source_name, std::move(tagger)));
  extractor_.emplace(std::move(extractor));
  return {};
}

Status ReflexSkills::load_drafter(const DraftSkill& skill) {
  GANGLION_ASSIGN(KnowledgeBase articles,
                  KnowledgeBase::load(skill.articles, encoder_.encoder.get()));
  articles_ = std::make_unique<const KnowledgeBase>(std::move(articles));
  GANGLION_ASSIGN(DraftPolicy policy, load_draft_policy(skill.policy));
  drafter_ = std::make_unique<const Drafter>(std::move(policy), *articles_);
  return {};
}

Status ReflexSkills::classify(std::string_view text, ReflexAnswer& answer) const {
  for (const Classifier& classifier : classifiers_) {
    GANGLION_ASSIGN(const Classification found, classifier.classify(text));
    LabelAnswer label;
    label.label = found.label;
    label.confidence = found.confidence;
    for (const auto& entry : found.top) label.top.push_back({entry.label, entry.probability});
    const double second = found.top.size() > 1 ? found.top[1].probability : 0.0;
    label.margin = found.confidence - second;
    answer.labels.push_back(std::move(label));
  }
  return {};
}

Result<std::vector<ExtractedValue>> ReflexSkills::extract(std::string_view text,
                                                          ReflexAnswer& answer) const {
  if (!extractor_) return std::vector<ExtractedValue>();
  GANGLION_ASSIGN(Extraction extraction, extractor_->extract(text));
  answer.fields_json = to_json_text(extraction.fields);
  return std::move(extraction.values);
}

Status ReflexSkills::draft(std::string_view text, std::span<const ExtractedValue> extracted,
                           std::span<const MaskedValue> hidden, ReflexAnswer& answer) const {
  // Nobody expects an article about what is out of scope.
  const bool out_of_scope =
      !abstain_label_.empty() && answer.labels.front().label == abstain_label_;
  if (!drafter_ || out_of_scope) return {};
  std::map<std::string, std::string> values;
  for (const ExtractedValue& value : extracted) {
    values.emplace(field_name(value.field), value.source);  // the first of a field counts
  }
  GANGLION_ASSIGN(const Draft draft, drafter_->draft({std::string(text), std::move(values)}));
  DraftAnswer& out = answer.draft.emplace();
  out.text = draft.text;
  out.verdict = verdict_of(draft.status);
  out.remarks = remarks_of(draft);
  for (const Citation& citation : draft.citations) {
    out.passages.push_back(
        {citation.document, citation.range.begin, citation.range.end, citation.score});
  }
  // Redacting the draft anew would cost more than all the rest: it is mostly articles. What it has
  // of the customer are the extracted values.
  out.redacted_text = extracted.empty() ? draft.text : mask(draft.text, hidden);
  return {};
}

ReflexAnswer ReflexSkills::answer(std::string_view text) const {
  ReflexAnswer answer;
  Pseudonyms pseudonyms;
  Result<Redaction> redaction = redactor_.redact(text, &pseudonyms);
  if (!redaction.ok()) {
    answer.failure = RouteReason::kRedactionFailed;
    answer.failure_message = redaction.error().message;
    return answer;
  }
  answer.redacted_text = std::move(redaction->text);
  for (size_t i = 0; i < redaction->tally.size(); ++i) {
    if (redaction->tally[i] == 0) continue;
    answer.redactions[std::string(pii_type_name(static_cast<PiiType>(i)))] = redaction->tally[i];
  }
  const Status status = [&]() -> Status {
    GANGLION_TRY(classify(text, answer));
    GANGLION_ASSIGN(const std::vector<ExtractedValue> extracted, extract(text, answer));
    return draft(text, extracted, masked_values(pseudonyms, redaction->spans, extracted), answer);
  }();
  if (!status.ok()) {
    answer.failure = RouteReason::kSkillFailed;
    answer.failure_message = status.error().message;
  }
  return answer;
}

}  // namespace ganglion
