// The encoder of BERT-like models: each text's vectors pooled and brought to length 1.
#pragma once

#include <memory>

#include "engine/bert_model.h"
#include "engine/encoder.h"

namespace ganglion {

class BertEncoder : public Encoder {
 public:
  // As load_encoder (engine/encoder.h). kUnsupported for a cross-encoder, which has no vectors.
  static Result<std::unique_ptr<BertEncoder>> load(GgufFile file, const EncoderOptions& options);

  size_t hidden_size() const override { return model_->config().hidden_size; }
  Status embed(std::span<const std::string_view> texts, std::span<float> out) const override;

  const BertModel& model() const { return *model_; }

 private:
  explicit BertEncoder(std::unique_ptr<const BertModel> model) : model_(std::move(model)) {}

  std::unique_ptr<const BertModel> model_;
};

}  // namespace ganglion
