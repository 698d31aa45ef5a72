// The forward pass of BERT, MiniLM and DistilBERT.
// Source: J. Devlin et al. 2018; transformers 4.8 (modeling_bert.py, modeling_distilbert.py) for
// names and order of operations; checked by bert_test.cc against llama.cpp's numbers and by
// engine/bert_encoder_test.cc against PyTorch's.
// Letters: S sequences, T tokens of all of them, H hidden size, F feed-forward size.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernels/kernel_table.h"
#include "models/bert_config.h"
#include "nn/attention.h"
#include "nn/embedding.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"

namespace ganglion {

// Finds a weight by its name in the file and checks its shape.
using TensorSource = std::function<Result<TensorView>(std::string_view name, const Shape& shape)>;

// What the tensors of a BERT-like model are called. "{}" stands for the layer's number.
struct BertTensorNames {
  std::string_view word_embedding, position_embedding, token_type_embedding;
  std::string_view embedding_norm;
  std::string_view query, key, value, attention_output, attention_norm;
  std::string_view up, down, output_norm;

  static const BertTensorNames& hugging_face(std::string_view model_type);
  static const BertTensorNames& gguf();
};

// Buffers of one forward pass, reused between calls. One a thread.
struct BertScratch {
  AlignedVector<float> qkv;        // [T, 3H]
  AlignedVector<float> attended;   // [T, H]
  AlignedVector<float> expanded;   // [T, F]
  AlignedVector<float> projected;  // [T, H]
  LinearScratch linear;
  AttentionScratch attention;
};

// Thread-safe, but for quantize().
class Bert {
 public:
  // Packs the weights for the kernels. F32 embedding tables stay where they are: `storage` keeps
  // their bytes alive. Errors name the tensor.
  static Result<Bert> load(const BertConfig& config, const BertTensorNames& names,
                           const TensorSource& source, std::shared_ptr<const void> storage);

  // Turns the layers' float weights into 8-bit ones. Runs the model over `ids` (as in forward) to
  // find, layer by layer, the few hidden elements whose values dwarf the others': they stay in
  // float. A hundred tokens that are typical in kind, not in meaning, are enough. Call it once,
  // before the model is shared.
  void quantize(const KernelTable& kernels, std::span<const int32_t> ids,
                std::span<const size_t> lengths);

  const BertConfig& config() const { return config_; }

  // Token ids of S sequences one behind the other, `lengths` [S] tokens each (1 to max_positions),
  // to the last layer's vectors, `hidden` [T, H]. No padding: a sequence costs what it is long, and
  // gives the same bits alone and in any company. Ids must be below vocabulary_size (asserted).
  void forward(const KernelTable& kernels, std::span<const int32_t> ids,
               std::span<const size_t> lengths, std::span<float> hidden,
               BertScratch& scratch) const;

  // One vector a sequence from forward()'s: `pooled` [S, H].
  void pool(std::span<const float> hidden, std::span<const size_t> lengths,
            std::span<float> pooled) const;

 private:
  struct Layer {
    Linear query_key_value;  // [3H, H]
    Linear attention_output;
    LayerNorm attention_norm;
    Linear up;
    Linear down;
    LayerNorm output_norm;
  };
  class Loader;

  Bert(BertConfig config, Embedding words, Embedding positions, LayerNorm embedding_norm);

  void embed(const KernelTable& kernels, std::span<const int32_t> ids,
             std::span<const size_t> lengths, float* hidden) const;
  // The two halves of a layer, `hidden` [T, H] in place.
  void attend(const KernelTable& kernels, const Layer& layer, std::span<const size_t> lengths,
              size_t num_tokens, float* hidden, BertScratch& scratch) const;
  void feed_forward(const KernelTable& kernels, const Layer& layer, size_t num_tokens,
                    float* hidden, BertScratch& scratch) const;

  BertConfig config_;
  Embedding words_;
  Embedding positions_;
  std::optional<Embedding> token_types_;
  LayerNorm embedding_norm_;
  std::vector<Layer> layers_;
  std::shared_ptr<const void> storage_;
};

}  // namespace ganglion
