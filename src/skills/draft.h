// Drafts of answers that say only what the articles say: an outline from the policy, filled with
// extracted values and verbatim sentences. Nothing is generated.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "retrieval/knowledge_base.h"
#include "skills/draft_policy.h"
#include "text/json.h"

namespace ganglion {

struct DraftRequest {
  std::string text{};  // of the customer
  std::map<std::string, std::string>
      values{};  // for placeholders: extracted entities, nothing else
};

// One quotation: `quote` is byte for byte document[range]. The draft shows it with its line breaks
// as spaces.
struct Citation {
  size_t number = 0;  // as in "[1]"
  std::string document{};
  std::string heading{};
  ByteRange range{};
  std::string quote{};
  double score = 0;  // of the passage: see FoundPassage
  double similarity = 0;
};

struct PolicyViolation {
  enum class Kind { kRequiredMissing, kForbiddenFound };
  Kind kind;
  std::string phrase{};
  std::string found{};  // the words of the draft that match a forbidden phrase
};

enum class DraftStatus {
  kReady,
  kPolicyViolation,  // required or forbidden phrases: not to be sent
  kNoPassage,        // quotes are asked for, and no article speaks of it
};

// "ready", "policy_violation", "no_passage"
std::string_view draft_status_name(DraftStatus status);

struct Draft {
  DraftStatus status = DraftStatus::kReady;
  std::string text{};
  std::vector<Citation> citations{};
  std::vector<PolicyViolation> violations{};
  std::vector<std::string> left_out{};  // blocks that lack a value or a quotation

  bool accepted() const { return status == DraftStatus::kReady; }
};

// Thread-safe.
class Drafter {
 public:
  // `articles` must outlive it.
  Drafter(DraftPolicy policy, const KnowledgeBase& articles)
      : policy_(std::move(policy)), articles_(articles) {}

  // Fails only where the search does. A draft that is not accepted() is to be escalated.
  Result<Draft> draft(const DraftRequest& request) const;

 private:
  std::vector<Citation> choose_quotes(const DraftRequest& request,
                                      const std::vector<FoundPassage>& passages,
                                      size_t count) const;
  void check_phrases(Draft& draft) const;

  DraftPolicy policy_;
  const KnowledgeBase& articles_;
};

json::object draft_to_json(const Draft& draft);

}  // namespace ganglion
