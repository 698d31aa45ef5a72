// Scripted skills for tests: what a text means is written in the text.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "mesh/ticket_skills.h"

namespace ganglion {

// "login 0.93 high 0.80 …": label and confidence of intent, then of urgency; the rest is free.
// A text that starts with "unredactable" fails to be redacted; "draftless" adds a refused draft.
class FakeSkills final : public TicketSkills {
 public:
  ReflexAnswer answer(std::string_view text) const override {
    ReflexAnswer answer;
    if (text.substr(0, 12) == "unredactable") {
      answer.failure = RouteReason::kRedactionFailed;
      answer.failure_message = "detector is broken";
      return answer;
    }
    answer.redacted_text = "<" + std::string(text) + ">";
    answer.redactions["EMAIL"] = 1;
    std::string rest(text);
    for (size_t i = 0; i < names_.size(); ++i) {
      LabelAnswer label;
      label.label = take_word(rest);
      label.confidence = std::atof(take_word(rest).c_str());
      label.margin = label.confidence / 2;
      label.top = {{label.label, label.confidence}, {"other", 1.0 - label.confidence}};
      answer.labels.push_back(std::move(label));
    }
    answer.fields_json = R"({"order_id":"LB-1"})";
    if (text.find("draftless") != std::string_view::npos) {
      answer.draft = DraftAnswer{"Dear customer",
                                 "Dear customer",
                                 DraftVerdict::kRejected,
                                 {"the greeting is missing"},
                                 {}};
    }
    return answer;
  }
  const std::vector<std::string>& skill_names() const override { return names_; }
  const std::vector<std::vector<std::string>>& skill_labels() const override { return labels_; }
  const std::vector<ModelUse>& models() const override { return models_; }

 private:
  static std::string take_word(std::string& rest) {
    const size_t space = rest.find(' ');
    std::string word = rest.substr(0, space);
    rest.erase(0, space == std::string::npos ? rest.size() : space + 1);
    return word;
  }

  std::vector<std::string> names_ = {"intent", "urgency"};
  std::vector<std::vector<std::string>> labels_ = {{"login", "refund", "oos"}, {"low", "high"}};
  std::vector<ModelUse> models_ = {{"intent", std::string(64, 'a')}};
};

}  // namespace ganglion
