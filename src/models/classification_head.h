// The linear classifier on top of an encoder: of texts, of pairs of texts, or of single tokens.
// Source: the heads of transformers 4.8's Bert-, Roberta- and DistilBertForSequenceClassification
// and ...ForTokenClassification, under the names that llama.cpp (2025) gives them in GGUF.
// Letters: N vectors, H hidden size, L labels.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/gguf.h"
#include "kernels/kernel_table.h"
#include "models/bert_config.h"
#include "nn/linear.h"

namespace ganglion {

// Immutable and thread-safe.
class ClassificationHead {
 public:
  // "cls" (optional) and "cls.output", in a file whose pooling is "rank" (a classifier of texts) or
  // "none" (of tokens). Nothing where the file has no head. kMalformed, kNotFound and kUnsupported
  // name file and tensor or key.
  static Result<std::optional<ClassificationHead>> load(const GgufFile& file,
                                                        const BertConfig& config);

  bool labels_tokens() const { return labels_tokens_; }
  // As the file names them, or LABEL_0, LABEL_1, …; never empty.
  const std::vector<std::string>& labels() const { return labels_; }
  // Whether a text can have several labels at once: their logits are independent.
  bool is_multi_label() const { return is_multi_label_; }

  // `vectors` [N, H] to `logits` [N, L].
  void forward(const KernelTable& kernels, std::span<const float> vectors,
               std::span<float> logits) const;

 private:
  enum class Activation : uint8_t { kTanh, kRelu };

  ClassificationHead(Linear output, std::vector<std::string> labels)
      : output_(std::move(output)), labels_(std::move(labels)) {}

  std::optional<Linear> dense_;  // [H, H], before the activation
  Activation activation_ = Activation::kTanh;
  Linear output_;  // [L, H]
  std::vector<std::string> labels_;
  bool labels_tokens_ = false;
  bool is_multi_label_ = false;
};

}  // namespace ganglion
