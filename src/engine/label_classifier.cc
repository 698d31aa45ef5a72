#include "engine/label_classifier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/label_scores.h"

namespace ganglion {
namespace {

constexpr std::string_view kTextPlace = "{text}";
constexpr std::string_view kLabelsPlace = "{labels}";

Status check_labels(const std::vector<std::string>& labels) {
  if (labels.size() < 2) {
    return fail(ErrorCode::kInvalidArgument, "expected at least two labels, found {}",
                labels.size());
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].find_first_not_of(" \t\r\n") == std::string::npos) {
      return fail(ErrorCode::kInvalidArgument, "label {} is empty", i + 1);
    }
    if (std::find(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(i), labels[i]) !=
        labels.begin() + static_cast<std::ptrdiff_t>(i)) {
      return fail(ErrorCode::kInvalidArgument, "the label \"{}\" is there twice", labels[i]);
    }
  }
  return {};
}

std::string with_labels(std::string_view prompt, const std::vector<std::string>& labels) {
  std::string list;
  for (const std::string& label : labels) list += (list.empty() ? "" : ", ") + label;
  std::string text(prompt);
  for (size_t at = 0; (at = text.find(kLabelsPlace, at)) != std::string::npos; at += list.size()) {
    text.replace(at, kLabelsPlace.size(), list);
  }
  return text;
}

size_t num_common(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                             a.begin());
}

// Whether all tokens of one stand in front of another.
bool is_any_inside_another(const std::vector<std::vector<int32_t>>& labels) {
  for (const auto& a : labels) {
    for (const auto& b : labels) {
      if (&a != &b && num_common(a, b) == a.size()) return true;
    }
  }
  return false;
}

}  // namespace

LabelClassifier::LabelClassifier(const Tokenizer& tokenizer, std::vector<std::string> labels,
                                 LabelPrompt prompt, std::unique_ptr<Session> session)
    : tokenizer_(&tokenizer),
      labels_(std::move(labels)),
      prompt_(std::move(prompt)),
      session_(std::move(session)) {
  const size_t place = prompt_.text.find(kTextPlace);
  before_ = with_labels(prompt_.text.substr(0, place), labels_);
  behind_ = with_labels(prompt_.text.substr(place + kTextPlace.size()), labels_);
}

Result<LabelClassifier> LabelClassifier::create(const LanguageModel& model,
                                                std::vector<std::string> labels, LabelPrompt prompt,
                                                const SessionOptions& options) {
  GANGLION_TRY(check_labels(labels));
  const size_t place = prompt.text.find(kTextPlace);
  if (place == std::string::npos || prompt.text.find(kTextPlace, place + 1) != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument,
                "the prompt has to hold {} once, where the text to classify comes", kTextPlace);
  }
  if (model.tokenizer() == nullptr) {
    return fail(ErrorCode::kUnsupported,
                "the file has no vocabulary, so that the model cannot read text");
  }
  GANGLION_ASSIGN(std::unique_ptr<Session> session, model.start(options));
  return LabelClassifier(*model.tokenizer(), std::move(labels), std::move(prompt),
                         std::move(session));
}

// What stands in front of the label, without a space between them.
Result<MarkedText> LabelClassifier::with_text(std::string_view text) const {
  std::string prompt = before_;
  prompt.append(text).append(behind_);
  if (!prompt_.chat_template) return MarkedText(std::move(prompt), true);
  ChatTemplateInput request;
  request.now = prompt_.now;
  const auto add = [&](std::string_view role, std::string_view content) {
    request.messages.push_back(json::object{{"role", role}, {"content", content}});
  };
  if (!prompt_.system.empty()) add("system", prompt_.system);
  add("user", prompt);
  return prompt_.chat_template->render(request);
}

std::vector<int32_t> LabelClassifier::encode(const MarkedText& text) const {
  if (prompt_.chat_template) return encode_chat(*tokenizer_, text);
  std::vector<int32_t> ids;
  tokenizer_->encode(text.text(), {}, ids);
  return ids;
}

// The whole text with each of the labels.
Result<std::vector<std::vector<int32_t>>> LabelClassifier::encode_all(std::string_view text) const {
  GANGLION_ASSIGN(MarkedText prompt, with_text(text));
  const bool ends_white = prompt.text().ends_with(' ') || prompt.text().ends_with('\n');
  if (!ends_white) {
    const std::vector<int32_t> ids = encode(prompt);
    const bool is_separated = prompt_.chat_template && !ids.empty() &&
                              tokenizer_->kind(ids.back()) == TokenKind::kControl;
    if (!is_separated) prompt.append(" ", true);
  }
  std::vector<std::vector<int32_t>> encoded;
  for (const std::string& label : labels_) {
    MarkedText whole = prompt;
    whole.append(label, true);
    encoded.push_back(encode(whole));
  }
  return encoded;
}

// Ends an answer, or a text; SpecialTokens::kNone where the vocabulary has no such token.
int32_t LabelClassifier::end_token() const {
  const SpecialTokens& special = tokenizer_->special_tokens();
  const bool ends_turn = prompt_.chat_template && special.end_of_turn != SpecialTokens::kNone;
  return ends_turn ? special.end_of_turn : special.end;
}

Result<std::vector<double>> LabelClassifier::classify(std::string_view text) {
  GANGLION_ASSIGN(std::vector<std::vector<int32_t>> ends, encode_all(text));
  size_t num_shared = ends[0].size();
  for (const auto& tokens : ends) num_shared = std::min(num_shared, num_common(ends[0], tokens));
  if (num_shared == 0) {
    return fail(ErrorCode::kInvalidArgument, "the prompt has no tokens in front of the label");
  }
  const std::vector<int32_t> prompt(ends[0].begin(),
                                    ends[0].begin() + static_cast<std::ptrdiff_t>(num_shared));
  for (auto& tokens : ends) {
    tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(num_shared));
  }
  if (is_any_inside_another(ends)) {
    const int32_t end = end_token();
    if (end == SpecialTokens::kNone) {
      return fail(ErrorCode::kInvalidArgument,
                  "a label begins with another one, and the vocabulary has no token that ends a "
                  "text: rename one of them");
    }
    for (auto& tokens : ends) tokens.push_back(end);
  }
  const size_t num_read = session_->reuse(prompt);
  std::vector<float> logits;
  GANGLION_TRY(session_->append(std::span(prompt).subspan(num_read), LogitRows::kNone, logits));
  GANGLION_ASSIGN(std::vector<double> values, score_labels(*session_, ends));
  for (double& value : values) value = std::exp(value);
  return values;
}

}  // namespace ganglion
