// A loaded BERT-like model: tokenizer, forward pass, threads. What embedding, classification and
// `debug hidden` share.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "engine/encoder.h"
#include "formats/gguf.h"
#include "models/bert.h"
#include "models/classification_head.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

struct TokenSequence {
  std::vector<int32_t> ids;
  std::vector<int32_t> types;  // as many, or empty: all 0
};

// Immutable and thread-safe.
class BertModel {
 public:
  // Architectures of is_bert_architecture(). A file without a tokenizer is no error: it takes token
  // ids only. Errors name file and field.
  static Result<std::unique_ptr<const BertModel>> load(GgufFile file,
                                                       const EncoderOptions& options);

  const BertConfig& config() const { return bert_.config(); }
  const std::string& source_name() const { return file_->source_name(); }
  // Nothing where the file has no head.
  const std::optional<ClassificationHead>& head() const { return head_; }
  const KernelTable& kernels() const { return kernels_; }

  // kNotFound, with what to do, in a model without a tokenizer.
  Status check_tokenizer() const;
  // Both require a tokenizer (asserted). Longer texts are cut; of a pair the longer one first.
  TokenSequence encode(std::string_view text) const;
  TokenSequence encode_pair(std::string_view first, std::string_view second) const;

  // Takes the vectors [T, H] of the sequence at `index`. Called from several threads at a time.
  using HiddenSink = std::function<void(size_t index, std::span<const float> hidden)>;
  // Runs every sequence (1 to config().max_positions tokens, ids in range: asserted) and gives each
  // to `sink` once.
  void run(std::span<const TokenSequence> sequences, const HiddenSink& sink) const;
  // Of one sequence's vectors, as Bert::pool.
  void pool(std::span<const float> hidden, std::span<float> pooled) const {
    bert_.pool(hidden, pooled);
  }
  // kMalformed when one of the results, called `what` in the message, is NaN or infinite.
  Status check_finite(std::span<const float> results, std::string_view what) const;

 private:
  BertModel(std::shared_ptr<const GgufFile> file, Bert bert, const KernelTable& kernels,
            size_t num_threads);

  Status read_tokenizer();
  Status add_tokenizer(std::unique_ptr<const Tokenizer> tokenizer);
  void quantize();
  // Alone, or with all threads of `team`.
  void run_chunk(std::span<const TokenSequence> sequences, size_t first, const HiddenSink& sink,
                 ThreadPool* team) const;

  std::shared_ptr<const GgufFile> file_;
  Bert bert_;
  std::optional<ClassificationHead> head_;
  std::unique_ptr<const Tokenizer> tokenizer_;  // or null
  std::vector<int32_t> prefix_ids_;             // around every text
  std::vector<int32_t> suffix_ids_;
  std::vector<int32_t> between_ids_;  // the texts of a pair
  bool types_tell_pairs_ = false;     // the second text of a pair has type 1
  size_t max_tokens_;
  const KernelTable& kernels_;
  mutable ThreadPool pool_;
};

}  // namespace ganglion
