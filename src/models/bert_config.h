// Hyper-parameters of BERT-like encoders: BERT, MiniLM, DistilBERT, RoBERTa, XLM-R, nomic-bert.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/gguf.h"

namespace ganglion {

// How the vectors of the tokens become one vector of the text.
enum class Pooling {
  kNone,  // they do not: the model is made for single tokens
  kMean,  // their average, special tokens included
  kCls,   // the first token's
  kRank,  // the first token's, for a classification head
};

struct BertConfig {
  std::string architecture;  // GGUF's name: "bert", "nomic-bert"
  size_t hidden_size = 0;
  size_t num_layers = 0;
  size_t num_heads = 0;
  size_t intermediate_size = 0;
  size_t vocabulary_size = 0;
  size_t max_positions = 0;    // tokens of the longest sequence
  size_t num_token_types = 0;  // 0: no token types
  float layer_norm_epsilon = 1e-12F;
  Pooling pooling = Pooling::kMean;
  std::optional<double> rope_theta;  // instead of a table of positions
  bool is_gated = false;             // feed-forward: down(silu(gate(x)) * up(x)), without GELU
  bool has_biases = true;            // on every matrix; false: where the file has them

  size_t head_dim() const { return hidden_size / num_heads; }
};

// Whether read_bert_config reads files of this architecture.
bool is_bert_architecture(std::string_view architecture);

// From the metadata of a GGUF file, or of a Hugging Face folder opened as one. kUnsupported for
// another architecture or setting; kMalformed for numbers that make no model. llama.cpp files do
// not name the activation of "bert": the original's, erf GELU, is meant.
Result<BertConfig> read_bert_config(const GgufFile& file);

// The settings that only nomic-bert has (nomic_bert.cc), into a configuration read so far.
Status read_nomic_bert(const GgufFile& file, BertConfig& config);

}  // namespace ganglion
