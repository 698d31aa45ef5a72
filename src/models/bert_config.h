// Hyper-parameters of BERT-like encoders: BERT, MiniLM, DistilBERT.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "formats/gguf.h"
#include "formats/hf_config.h"

namespace ganglion {

// How the vectors of the tokens become one vector of the text.
enum class Pooling {
  kMean,  // their average, special tokens included
  kCls,   // the first token's
};

struct BertConfig {
  std::string model_type;  // "bert", "distilbert"
  size_t hidden_size = 0;
  size_t num_layers = 0;
  size_t num_heads = 0;
  size_t intermediate_size = 0;
  size_t vocabulary_size = 0;
  size_t max_positions = 0;
  size_t num_token_types = 0;  // 0: no token types
  float layer_norm_epsilon = 1e-12F;
  Pooling pooling = Pooling::kMean;

  size_t head_dim() const { return hidden_size / num_heads; }
};

// From the Hugging Face config.json. kUnsupported for another model_type, activation (erf GELU is
// the one we have) or kind of position embedding; kMalformed for numbers that make no model.
Result<BertConfig> read_bert_config(const HfConfig& config);

// From the metadata of a GGUF file of architecture "bert". llama.cpp files do not name their
// activation: BERT's, erf GELU, is meant.
Result<BertConfig> read_bert_config(const GgufFile& file);

}  // namespace ganglion
