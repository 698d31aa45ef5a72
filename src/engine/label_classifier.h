// Classification by a language model: which of some labels it would write behind a prompt.
#pragma once

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/chat_template.h"
#include "engine/language_model.h"

namespace ganglion {

// Asks for the label of {text} among {labels}.
inline constexpr std::string_view kLabelPrompt =
    "Give the text one of these labels: {labels}\n\nText: {text}\nLabel:";

struct LabelPrompt {
  // Holds "{text}" once, which becomes the text, and perhaps "{labels}".
  std::string text = std::string(kLabelPrompt);
  // By which a model that was trained to talk reads it as a user's message, and the label as its
  // answer; none: the model goes on with the prompt itself.
  std::optional<ChatTemplate> chat_template = std::nullopt;
  std::string system = "";  // a message in front of it; empty: none
  std::tm now = {};         // what the template takes for the time
};

// Not thread-safe; the model outlives it. What prompts have in common is read once.
class LabelClassifier {
 public:
  // kInvalidArgument for a prompt that does not hold the text once, fewer than two labels, an empty
  // one or one twice; kUnsupported for a model without a vocabulary; errors of
  // LanguageModel::start.
  static Result<LabelClassifier> create(const LanguageModel& model, std::vector<std::string> labels,
                                        LabelPrompt prompt, const SessionOptions& options);

  const std::vector<std::string>& labels() const { return labels_; }

  // The probability of each label among them (score_labels); they add up to 1. The label stands
  // behind the prompt and, unless that ends with white space or a control token, a space, and is
  // tokenized with them. kLimit when the prompt does not fit; errors of ChatTemplate::render.
  Result<std::vector<double>> classify(std::string_view text);

 private:
  LabelClassifier(const Tokenizer& tokenizer, std::vector<std::string> labels, LabelPrompt prompt,
                  std::unique_ptr<Session> session);

  Result<MarkedText> with_text(std::string_view text) const;
  std::vector<int32_t> encode(const MarkedText& text) const;
  Result<std::vector<std::vector<int32_t>>> encode_all(std::string_view text) const;
  int32_t end_token() const;

  const Tokenizer* tokenizer_;
  std::vector<std::string> labels_;
  LabelPrompt prompt_;
  std::string before_;  // the prompt in front of the text
  std::string behind_;
  std::unique_ptr<Session> session_;
};

}  // namespace ganglion
