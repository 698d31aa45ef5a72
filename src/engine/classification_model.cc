#include "engine/classification_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "models/bert_config.h"

namespace ganglion {

Result<ClassificationModel> ClassificationModel::load(GgufFile file,
                                                      const EncoderOptions& options) {
  GANGLION_ASSIGN(const std::string_view architecture, file.get_string("general.architecture"));
  if (!is_bert_architecture(architecture)) {
    return fail(ErrorCode::kUnsupported,
                "{}: metadata \"general.architecture\": expected an encoder with a classifier "
                "({}), found \"{}\"; take a model whose config.json names a "
                "...ForSequenceClassification",
                file.source_name(), kBertArchitectures, architecture);
  }
  GANGLION_ASSIGN(std::unique_ptr<const BertModel> model,
                  BertModel::load(std::move(file), options));
  if (!model->head()) {
    return fail(ErrorCode::kUnsupported,
                "{}: expected a classifier on top (tensor \"cls.output.weight\" and pooling "
                "\"rank\"), found an embedding model; `ganglion embed` runs it",
                model->source_name());
  }
  if (model->head()->labels_tokens()) {
    return fail(ErrorCode::kUnsupported,
                "{}: expected a classifier of texts, found one of single tokens; `ganglion debug "
                "hidden --head` writes its logits",
                model->source_name());
  }
  GANGLION_TRY(model->check_tokenizer());
  return ClassificationModel(std::move(model));
}

Status ClassificationModel::classify(std::span<const std::string_view> texts,
                                     std::span<float> logits) const {
  std::vector<TokenSequence> sequences;
  sequences.reserve(texts.size());
  for (const std::string_view text : texts) sequences.push_back(model_->encode(text));
  return run(sequences, logits);
}

Status ClassificationModel::classify_pairs(std::string_view first,
                                           std::span<const std::string_view> seconds,
                                           std::span<float> logits) const {
  std::vector<TokenSequence> sequences;
  sequences.reserve(seconds.size());
  for (const std::string_view second : seconds) {
    sequences.push_back(model_->encode_pair(first, second));
  }
  return run(sequences, logits);
}

Status ClassificationModel::run(std::span<const TokenSequence> sequences,
                                std::span<float> logits) const {
  const size_t num_labels = labels().size();
  GANGLION_ASSERT(logits.size() == sequences.size() * num_labels);
  model_->run(sequences, [&](size_t index, std::span<const float> hidden) {
    std::vector<float> pooled(model_->config().hidden_size);
    model_->pool(hidden, pooled);
    head().forward(model_->kernels(), pooled, logits.subspan(index * num_labels, num_labels));
  });
  return model_->check_finite(logits, "logits");
}

void to_probabilities(std::span<float> logits, bool is_multi_label) {
  if (is_multi_label || logits.size() == 1) {
    for (float& logit : logits) logit = 1.0F / (1.0F + std::exp(-logit));
    return;
  }
  const float largest = *std::max_element(logits.begin(), logits.end());
  float sum = 0.0F;
  for (float& logit : logits) sum += logit = std::exp(logit - largest);
  for (float& logit : logits) logit /= sum;
}

}  // namespace ganglion
