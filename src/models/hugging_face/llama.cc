// Llama 2 and 3, TinyLlama, SmolLM 2, Mistral, Mixtral; SmolLM 3, which has Llama's tensors.
#include <array>

#include "models/hugging_face/decoder_config.h"
#include "models/hugging_face/families.h"

namespace ganglion {
namespace {

constexpr std::array kShared = {
    TensorRule{"embed_tokens", "token_embd"},
    TensorRule{"norm", "output_norm"},
    TensorRule{"layers.{0}.input_layernorm", "blk.{0}.attn_norm"},
    TensorRule{"layers.{0}.self_attn.q_proj", "blk.{0}.attn_q", Treatment::kQueryRows},
    TensorRule{"layers.{0}.self_attn.k_proj", "blk.{0}.attn_k", Treatment::kKeyRows},
    TensorRule{"layers.{0}.self_attn.v_proj", "blk.{0}.attn_v"},
    TensorRule{"layers.{0}.self_attn.o_proj", "blk.{0}.attn_output"},
    TensorRule{"layers.{0}.post_attention_layernorm", "blk.{0}.ffn_norm"},
};
constexpr std::array kDense = {
    TensorRule{"layers.{0}.mlp.gate_proj", "blk.{0}.ffn_gate"},
    TensorRule{"layers.{0}.mlp.up_proj", "blk.{0}.ffn_up"},
    TensorRule{"layers.{0}.mlp.down_proj", "blk.{0}.ffn_down"},
};
constexpr std::array kExperts = {
    TensorRule{"layers.{0}.block_sparse_moe.gate", "blk.{0}.ffn_gate_inp"},
    TensorRule{"layers.{0}.block_sparse_moe.experts.{1}.w1", "blk.{0}.ffn_gate_exps",
               Treatment::kExperts},
    TensorRule{"layers.{0}.block_sparse_moe.experts.{1}.w2", "blk.{0}.ffn_down_exps",
               Treatment::kExperts},
    TensorRule{"layers.{0}.block_sparse_moe.experts.{1}.w3", "blk.{0}.ffn_up_exps",
               Treatment::kExperts},
};

// SmolLM3 turns every fourth layer's rope off, which GGUF takes for granted.
Status check_rope_layers(const HfConfig& config) {
  GANGLION_TRY(require_flag(config, "use_sliding_window", false, false));
  if (!config.has("no_rope_layers")) return require_number(config, "no_rope_layer_interval", 4);
  GANGLION_ASSIGN(const std::vector<double> layers, config.get_numbers("no_rope_layers"));
  for (size_t i = 0; i < layers.size(); ++i) {
    const double expected = (i + 1) % 4 == 0 ? 0 : 1;
    if (layers[i] == expected) continue;
    return fail(ErrorCode::kUnsupported,
                "{}: \"no_rope_layers\": expected 0 for every fourth layer and 1 for the others, "
                "found {} for layer {}",
                config.source_name(), layers[i], i);
  }
  return {};
}

Status add_feed_forward(const HfConfig& config, const DecoderConfig& sizes,
                        RecipeBuilder& builder) {
  RecipeBuilder::Counts counts = sizes.counts();
  if (builder.checkpoint().model_type() != "mixtral") return builder.add_tensors(kDense, counts);
  GANGLION_ASSIGN(counts.num_experts, config.get_unsigned("num_local_experts"));
  GANGLION_ASSIGN(const uint64_t num_used, config.get_unsigned("num_experts_per_tok"));
  if (num_used < 1 || num_used > counts.num_experts) {
    return fail(ErrorCode::kMalformed, "{}: \"num_experts_per_tok\": expected 1 to {}, found {}",
                config.source_name(), counts.num_experts, num_used);
  }
  builder.set_size("expert_count", counts.num_experts);
  builder.set_size("expert_used_count", num_used);
  return builder.add_tensors(kExperts, counts);
}

}  // namespace

Result<ModelRecipe> map_llama(const CheckpointPointer& checkpoint) {
  const HfConfig& config = checkpoint->config();
  const std::string& type = checkpoint->model_type();
  const bool is_smollm3 = type == "smollm3";
  RecipeBuilder builder(checkpoint, is_smollm3 ? "smollm3" : "llama",
                        {"model.", "", "language_model.model.", "language_model."});
  GANGLION_TRY(require_text(config, "hidden_act", {"silu"}));
  GANGLION_ASSIGN(const DecoderConfig sizes, read_decoder_config(config));
  add_decoder_sizes(sizes, builder);
  GANGLION_ASSIGN(const double epsilon, config.get_number("rms_norm_eps"));
  builder.set_number("attention.layer_norm_rms_epsilon", epsilon);
  const double default_theta = is_smollm3 ? 2e6 : type == "mixtral" ? 1e6 : 1e4;
  GANGLION_ASSIGN(const RopeConfig rope, read_rope(config, default_theta));
  GANGLION_TRY(add_rope(rope, sizes, builder));
  if (is_smollm3) {
    GANGLION_TRY(check_rope_layers(config));
  } else {
    GANGLION_TRY(add_sliding_window(sizes, builder));
  }
  GANGLION_TRY(builder.add_tensors(kShared, sizes.counts()));
  GANGLION_TRY(add_feed_forward(config, sizes, builder));
  GANGLION_TRY(add_output(builder, is_smollm3));
  builder.ignore("rotary_emb.inv_freq");
  return builder.finish();
}

}  // namespace ganglion
