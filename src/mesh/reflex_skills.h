// The reflex tier's skills as a mesh file wires them.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guard/redactor.h"
#include "mesh/draft_mask.h"
#include "mesh/mesh_file.h"
#include "mesh/ticket_skills.h"
#include "retrieval/knowledge_base.h"
#include "skills/classify.h"
#include "skills/draft.h"
#include "skills/extract.h"

namespace ganglion {

// Models, schema, articles and policy are loaded once and shared by all threads.
class ReflexSkills final : public TicketSkills {
 public:
  // Errors of the loaders; each names its file.
  static Result<std::unique_ptr<ReflexSkills>> load(const MeshFile& mesh);

  ReflexAnswer answer(std::string_view text) const override;
  const std::vector<std::string>& skill_names() const override { return names_; }
  const std::vector<std::vector<std::string>>& skill_labels() const override { return labels_; }
  const std::vector<ModelUse>& models() const override { return models_; }

  // For the egress function, so that one set of detectors serves both.
  const Redactor& redactor() const { return redactor_; }

 private:
  ReflexSkills(Redactor redactor, IdentifiedEncoder encoder);
  Status load_classifiers(const MeshFile& mesh);
  Status load_extractor(const ExtractSkill& skill);
  Status load_drafter(const DraftSkill& skill);
  Status remember_model(std::string_view skill, const std::filesystem::path& path);

  Status classify(std::string_view text, ReflexAnswer& answer) const;
  Result<std::vector<ExtractedValue>> extract(std::string_view text, ReflexAnswer& answer) const;
  // `extracted` fills the draft's placeholders; `hidden` is masked in its redacted text.
  Status draft(std::string_view text, std::span<const ExtractedValue> extracted,
               std::span<const MaskedValue> hidden, ReflexAnswer& answer) const;

  Redactor redactor_;
  IdentifiedEncoder encoder_;
  std::vector<Classifier> classifiers_;
  std::optional<Extractor> extractor_;
  std::unique_ptr<const KnowledgeBase> articles_;
  std::unique_ptr<const Drafter> drafter_;
  std::string abstain_label_;  // of the first classifier; empty: none
  std::vector<std::string> names_;
  std::vector<std::vector<std::string>> labels_;
  std::vector<ModelUse> models_;
};

}  // namespace ganglion
