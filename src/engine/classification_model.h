// Encoders with a classification head on texts: labels of a text, or the relevance of a pair.
// Letters: N texts, L labels.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/bert_model.h"

namespace ganglion {

// Immutable and thread-safe.
class ClassificationModel {
 public:
  // From a model file, or a Hugging Face folder opened as one (open_model). kUnsupported names what
  // the file is instead (a decoder, an embedding model, one that labels tokens) and what runs it.
  static Result<ClassificationModel> load(GgufFile file, const EncoderOptions& options);

  // L of them. A cross-encoder has one.
  const std::vector<std::string>& labels() const { return head().labels(); }
  bool is_multi_label() const { return head().is_multi_label(); }

  // `logits` [N, L] of the texts. Longer ones are cut. kMalformed for logits that are no numbers.
  Status classify(std::span<const std::string_view> texts, std::span<float> logits) const;
  // Of the pairs (first, seconds[i]).
  Status classify_pairs(std::string_view first, std::span<const std::string_view> seconds,
                        std::span<float> logits) const;

 private:
  explicit ClassificationModel(std::unique_ptr<const BertModel> model) : model_(std::move(model)) {}

  const ClassificationHead& head() const { return *model_->head(); }
  Status run(std::span<const TokenSequence> sequences, std::span<float> logits) const;

  std::unique_ptr<const BertModel> model_;
};

// Logits to probabilities, in place: the softmax over them, or each one's sigmoid where a text can
// have several labels (or there is but one).
void to_probabilities(std::span<float> logits, bool is_multi_label);

}  // namespace ganglion
