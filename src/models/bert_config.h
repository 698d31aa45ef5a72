// Hyper-parameters of BERT-like encoders: BERT, MiniLM, DistilBERT, RoBERTa, XLM-R, nomic-bert,
// jina-bert-v2.
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

// How a token's place in its sequence shows.
enum class Positions {
  kTable,     // a vector a position, added to the token's
  kRotary,    // rope_theta
  kDistance,  // attention weakens with distance (ALiBi)
};

// Feed-forward: down(gelu(up(x))), or down(silu(gate(x)) * up(x)), or gelu there.
enum class Gate { kNone, kSilu, kGelu };

struct BertConfig {
  std::string architecture;  // GGUF's name: "bert", "nomic-bert", "jina-bert-v2"
  size_t hidden_size = 0;
  size_t num_layers = 0;
  size_t num_heads = 0;
  size_t intermediate_size = 0;
  size_t vocabulary_size = 0;
  size_t max_positions = 0;    // tokens of the longest sequence
  size_t num_token_types = 0;  // 0: no token types
  float layer_norm_epsilon = 1e-12F;
  Pooling pooling = Pooling::kMean;
  Positions positions = Positions::kTable;
  double rope_theta = 0;
  Gate gate = Gate::kNone;
  bool has_biases = true;  // on every matrix; false: where the file has them

  size_t head_dim() const { return hidden_size / num_heads; }
};

// For messages.
inline constexpr std::string_view kBertArchitectures = "\"bert\", \"nomic-bert\", \"jina-bert-v2\"";

// Whether read_bert_config reads files of this architecture.
bool is_bert_architecture(std::string_view architecture);

// From the metadata of a GGUF file, or of a Hugging Face folder opened as one. kUnsupported for
// another architecture or setting; kMalformed for numbers that make no model. llama.cpp files do
// not name the activation of "bert": the original's, erf GELU, is meant.
Result<BertConfig> read_bert_config(const GgufFile& file);

// The settings that only nomic-bert (nomic_bert.cc) and jina-bert-v2 (jina_bert.cc) have, into a
// configuration read so far.
Status read_nomic_bert(const GgufFile& file, BertConfig& config);
Status read_jina_bert(const GgufFile& file, BertConfig& config);

}  // namespace ganglion
