// Text to vectors: what classification, search and training build on.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "nn/linear.h"

namespace ganglion {

// A loaded embedding model. Immutable and thread-safe.
class Encoder {
 public:
  virtual ~Encoder() = default;

  // Elements of a vector.
  virtual size_t hidden_size() const = 0;

  // Writes one vector of length 1 a text (all zeros where the model has nothing to say) to `out`
  // [texts.size(), hidden_size()], row-major (asserted). A text gives the same bits alone and among
  // others. Texts longer than the model allows are cut.
  virtual Status embed(std::span<const std::string_view> texts, std::span<float> out) const = 0;
};

struct EncoderOptions {
  Precision precision = Precision::kF32;  // of the layers; static embeddings are always int8
  size_t num_threads = 0;                 // 0: one per processor
};

// From a GGUF file (architectures "bert", "nomic-bert", "jina-bert-v2" and "static-embedding") or a
// Hugging Face folder (BERT, MiniLM, DistilBERT, RoBERTa, XLM-R, nomic-bert; with
// 1_Pooling/config.json and sentence_bert_config.json where they are). Files are untrusted; every
// error names the file and the field. kInvalidArgument or kUnsupported for a bad GANGLION_ISA.
Result<std::unique_ptr<const Encoder>> load_encoder(const std::filesystem::path& path,
                                                    const EncoderOptions& options = {});

// The default encoder inside the binary, loaded at the first call and shared. kNotFound in a build
// without one.
Result<const Encoder*> embedded_encoder();

}  // namespace ganglion
