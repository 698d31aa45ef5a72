// The fields of config.json that the decoder families share.
// Source: transformers' configuration classes, versions 4 and 5 (which moved what concerns rope
// into "rope_parameters").
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/hf_config.h"
#include "models/hugging_face/model_recipe.h"

namespace ganglion {

struct DecoderConfig {
  uint64_t num_layers = 0;
  uint64_t hidden_size = 0;
  uint64_t feed_forward_size = 0;
  uint64_t num_heads = 0;
  uint64_t num_kv_heads = 0;
  uint64_t head_dim = 0;
  uint64_t vocabulary_size = 0;
  uint64_t context_length = 0;
  bool has_own_head_dim = false;  // config.json states it

  RecipeBuilder::Counts counts() const {
    return {.num_layers = num_layers, .num_heads = num_heads, .num_kv_heads = num_kv_heads};
  }
};

// Accepts both spellings of each field (hidden_size and n_embd, …). Every size is at least 1 and
// bounded; errors name file and field.
Result<DecoderConfig> read_decoder_config(const HfConfig& config);

// Writes the sizes, and vocab_size, head counts and, when stated, the head size.
void add_decoder_sizes(const DecoderConfig& sizes, RecipeBuilder& builder);

// A field whose value must be one of `allowed` (the first when absent), because GGUF cannot say
// otherwise. kUnsupported names field, value and what is allowed.
Status require_text(const HfConfig& config, std::string_view key,
                    std::initializer_list<std::string_view> allowed);
Status require_flag(const HfConfig& config, std::string_view key, bool expected, bool when_absent);
// The same of a number that may be absent or null.
Status require_number(const HfConfig& config, std::string_view key, double expected);

struct RopeConfig {
  double theta = 10000.0;
  std::string type = "default";        // or "linear", "yarn", "llama3", "longrope"
  double partial_factor = 1.0;         // the share of a head that is rotated
  double factor = 1.0;                 // of the scaling
  double original_context_length = 0;  // tokens; 0: not stated
  double attention_factor = 0;         // 0: not stated
  double low_frequency_factor = 0;     // llama3
  double high_frequency_factor = 0;    // llama3
  std::vector<double> short_factors;   // longrope
  std::vector<double> long_factors;    // longrope
};

// kUnsupported for kinds of scaling that are not known, and settings of them that GGUF lacks.
Result<RopeConfig> read_rope(const HfConfig& config, double default_theta);

// Writes rope.freq_base, rope.dimension_count and the scaling; llama3's as the tensor
// rope_freqs.weight. kUnsupported for longrope, which only Phi has.
Status add_rope(const RopeConfig& rope, const DecoderConfig& sizes, RecipeBuilder& builder);

// Whether lm_head.weight is the embedding table again. kNotFound when it is not, and is missing.
Result<bool> has_tied_embeddings(const RecipeBuilder& builder, bool when_absent);

// Adds lm_head (with its bias, if any), unless the embeddings are tied.
Status add_output(RecipeBuilder& builder, bool tied_when_absent);

// "<architecture>.attention.sliding_window", when the window is narrower than the context.
// llama.cpp reads the key for Gemma and Phi only; for the other families it is ours.
Status add_sliding_window(const DecoderConfig& sizes, RecipeBuilder& builder);

}  // namespace ganglion
