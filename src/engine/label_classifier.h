// Classification by a language model: which of some labels it would write behind a prompt.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/language_model.h"

namespace ganglion {

// Asks for the label of {text} among {labels}.
inline constexpr std::string_view kLabelPrompt =
    "Give the text one of these labels: {labels}\n\nText: {text}\nLabel:";

// Not thread-safe; the model outlives it. What prompts have in common is read once.
class LabelClassifier {
 public:
  // `prompt` holds "{text}" once, which becomes the text, and perhaps "{labels}". kInvalidArgument
  // for another prompt, fewer than two labels, an empty one or one twice; kUnsupported for a model
  // without a vocabulary; errors of LanguageModel::start.
  static Result<LabelClassifier> create(const LanguageModel& model, std::vector<std::string> labels,
                                        std::string_view prompt, const SessionOptions& options);

  const std::vector<std::string>& labels() const { return labels_; }

  // The probability of each label among them (score_labels); they add up to 1. The label stands
  // behind the prompt and a space, and is tokenized with them. kLimit when the prompt does not fit.
  Result<std::vector<double>> classify(std::string_view text);

 private:
  LabelClassifier(const Tokenizer& tokenizer, std::vector<std::string> labels, std::string before,
                  std::string behind, std::unique_ptr<Session> session);

  std::vector<std::vector<int32_t>> encode_all(std::string_view text) const;

  const Tokenizer* tokenizer_;
  std::vector<std::string> labels_;
  std::string before_;  // the prompt in front of the text
  std::string behind_;
  std::unique_ptr<Session> session_;
};

}  // namespace ganglion
