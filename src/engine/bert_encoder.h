// The encoder of BERT-like models: tokenizer, forward pass, pooling, normalisation, threads.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/thread_pool.h"
#include "engine/encoder.h"
#include "formats/gguf.h"
#include "models/bert.h"
#include "tokenizer/wordpiece.h"

namespace ganglion {

class BertEncoder : public Encoder {
 public:
  // As load_encoder (engine/encoder.h).
  static Result<std::unique_ptr<BertEncoder>> load(GgufFile file, const EncoderOptions& options);
  static Result<std::unique_ptr<BertEncoder>> load_folder(const std::filesystem::path& folder,
                                                          const EncoderOptions& options);

  size_t hidden_size() const override { return bert_.config().hidden_size; }
  Status embed(std::span<const std::string_view> texts, std::span<float> out) const override;

  // The same from token ids, special tokens included: 1 to max_tokens() each, below the
  // vocabulary's size (asserted). `out` is [sequences.size(), hidden_size()].
  void embed_tokens(std::span<const std::vector<int32_t>> sequences, std::span<float> out) const;

  const WordPiece& tokenizer() const { return tokenizer_; }
  // Longest sequence the encoder takes, special tokens included.
  size_t max_tokens() const { return max_tokens_; }

 private:
  BertEncoder(Bert bert, WordPiece tokenizer, size_t max_tokens, const KernelTable& kernels,
              size_t num_threads);

  static Result<std::unique_ptr<BertEncoder>> create(Bert bert, WordPiece tokenizer,
                                                     size_t max_tokens,
                                                     const EncoderOptions& options);

  void embed_chunk(std::span<const std::vector<int32_t>> sequences, std::span<float> out) const;

  Bert bert_;
  WordPiece tokenizer_;
  size_t max_tokens_;
  const KernelTable& kernels_;
  mutable ThreadPool pool_;
};

}  // namespace ganglion
