// The forward pass of BERT and its kin: MiniLM, DistilBERT, RoBERTa, XLM-R, nomic-bert,
// jina-bert-v2. Source: J. Devlin et al. 2018; transformers 4.8 (modeling_bert.py,
// modeling_distilbert.py) for the order of operations; checked by bert_test.cc against llama.cpp's
// numbers and by engine/encoder_test.cc against PyTorch's. Letters: S sequences, T tokens of all of
// them, H hidden size, F feed-forward size.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "kernels/kernel_table.h"
#include "models/bert_config.h"
#include "nn/attention.h"
#include "nn/embedding.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/rope.h"

namespace ganglion {

// Sequences one behind the other, without padding.
struct TokenBatch {
  std::span<const int32_t> ids;         // [T], below vocabulary_size
  std::span<const size_t> lengths;      // [S], 1 to max_positions tokens each
  std::span<const int32_t> types = {};  // [T], 0 or below num_token_types; empty: all 0
};

// Buffers of one forward pass, reused between calls. One a thread.
struct BertScratch {
  AlignedVector<float> qkv;        // [T, 3H]
  AlignedVector<float> attended;   // [T, H]
  AlignedVector<float> expanded;   // gated: [T, 2F]
  AlignedVector<float> projected;  // [T, H]
  LinearScratch linear;
  AttentionScratch attention;
  RopeAngles angles;
};

// Thread-safe, but for quantize().
class Bert {
 public:
  // Packs the weights for the kernels. F32 embedding tables stay where they are: the file, which
  // the result keeps, holds their bytes. Errors name the tensor.
  static Result<Bert> load(const BertConfig& config, std::shared_ptr<const GgufFile> file);

  // Turns the layers' float weights into 8-bit ones. Runs the model over `batch` to find, layer by
  // layer, the few hidden elements whose values dwarf the others': they stay in float. A hundred
  // tokens that are typical in kind, not in meaning, are enough. Call it once, before the model is
  // shared.
  void quantize(const KernelTable& kernels, const TokenBatch& batch);

  const BertConfig& config() const { return config_; }

  // To the last layer's vectors, `hidden` [T, H]. A sequence costs what it is long, and gives the
  // same bits alone and in any company. Ids and types must be in range (asserted).
  void forward(const KernelTable& kernels, const TokenBatch& batch, std::span<float> hidden,
               BertScratch& scratch) const;

  // The same, with the same bits, by all threads of `pool` together: each takes a part of the
  // tokens and waits for the others once a layer. `scratches`: one a thread, two or more
  // (asserted).
  void forward(const KernelTable& kernels, const TokenBatch& batch, std::span<float> hidden,
               std::span<BertScratch> scratches, ThreadPool& pool) const;

  // One vector of one sequence's, `hidden` [T, H] from forward(): `pooled` [H]. Without pooling
  // the mean.
  void pool(std::span<const float> hidden, std::span<float> pooled) const;

 private:
  struct Layer {
    Linear query_key_value;  // [3H, H]
    Linear attention_output;
    LayerNorm attention_norm;
    Linear up;  // gated: [2F, H], gates first
    Linear down;
    LayerNorm output_norm;
  };
  class Loader;

  Bert(BertConfig config, Embedding words, LayerNorm embedding_norm);

  // What the parts of one pass share. A part computes the rows of its tokens, and waits for the
  // others' keys and values.
  struct Pass {
    const TokenBatch& batch;
    float* hidden;                     // [T, H]
    std::array<float*, 2> qkv;         // [T, 3H] each, of even and odd layers, or twice the same
    const RopeAngles* angles;          // with Positions::kRotary
    const std::function<void()> wait;  // until every part came here
  };

  void check(const TokenBatch& batch, std::span<const float> hidden) const;
  void run_part(const KernelTable& kernels, const Pass& pass, TokenRange part,
                BertScratch& scratch) const;
  void embed(const KernelTable& kernels, const Pass& pass, TokenRange part) const;
  // Fills the scratch's angles for the longest sequence, where positions are rotary.
  void prepare(const TokenBatch& batch, BertScratch& scratch) const;
  // The two halves of a layer, the hidden rows of `part` in place. The queries, keys and values of
  // all tokens lie in `qkv` once every part is past the wait.
  void attend(const KernelTable& kernels, const Layer& layer, const Pass& pass, TokenRange part,
              float* qkv, BertScratch& scratch) const;
  void rotate(const Pass& pass, TokenRange part, float* qkv) const;
  // The rows of `attended` are those of `part` alone.
  void attend_tokens(const KernelTable& kernels, const Pass& pass, TokenRange part,
                     const float* qkv, float* attended, AttentionScratch& scratch) const;
  void feed_forward(const KernelTable& kernels, const Layer& layer, size_t num_tokens,
                    float* hidden, BertScratch& scratch) const;

  BertConfig config_;
  Embedding words_;
  std::optional<Embedding> positions_;  // with Positions::kTable
  std::optional<Embedding> token_types_;
  std::optional<Rope> rope_;
  std::vector<float> distance_slopes_;  // [h], with Positions::kDistance
  LayerNorm embedding_norm_;
  std::vector<Layer> layers_;
  Precision precision_ = Precision::kF32;
  std::shared_ptr<const GgufFile> file_;
};

}  // namespace ganglion
