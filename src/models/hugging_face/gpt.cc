// GPT-2, and GPT BigCode (StarCoder), which has its tensors without the transposition; StarCoder 2.
#include <array>
#include <vector>

#include "models/hugging_face/decoder_config.h"
#include "models/hugging_face/families.h"

namespace ganglion {
namespace {

std::array<TensorRule, 9> gpt2_rules(Treatment matrix) {
  return {{{"wte", "token_embd"},
           {"wpe", "position_embd"},
           {"ln_f", "output_norm"},
           {"h.{0}.ln_1", "blk.{0}.attn_norm"},
           {"h.{0}.attn.c_attn", "blk.{0}.attn_qkv", matrix},
           {"h.{0}.attn.c_proj", "blk.{0}.attn_output", matrix},
           {"h.{0}.ln_2", "blk.{0}.ffn_norm"},
           {"h.{0}.mlp.c_fc", "blk.{0}.ffn_up", matrix},
           {"h.{0}.mlp.c_proj", "blk.{0}.ffn_down", matrix}}};
}

constexpr std::array kStarcoder2 = {
    TensorRule{"embed_tokens", "token_embd"},
    TensorRule{"norm", "output_norm"},
    TensorRule{"layers.{0}.input_layernorm", "blk.{0}.attn_norm"},
    TensorRule{"layers.{0}.self_attn.q_proj", "blk.{0}.attn_q"},
    TensorRule{"layers.{0}.self_attn.k_proj", "blk.{0}.attn_k"},
    TensorRule{"layers.{0}.self_attn.v_proj", "blk.{0}.attn_v"},
    TensorRule{"layers.{0}.self_attn.o_proj", "blk.{0}.attn_output"},
    TensorRule{"layers.{0}.post_attention_layernorm", "blk.{0}.ffn_norm"},
    TensorRule{"layers.{0}.mlp.c_fc", "blk.{0}.ffn_up"},
    TensorRule{"layers.{0}.mlp.c_proj", "blk.{0}.ffn_down"},
};

}  // namespace

Result<ModelRecipe> map_gpt2(const CheckpointPointer& checkpoint) {
  const HfConfig& config = checkpoint->config();
  const bool is_bigcode = checkpoint->model_type() == "gpt_bigcode";
  RecipeBuilder builder(checkpoint, is_bigcode ? "starcoder" : "gpt2", {"transformer.", ""});
  GANGLION_TRY(require_text(config, "activation_function", {"gelu_new", "gelu_pytorch_tanh"}));
  GANGLION_TRY(require_flag(config, "scale_attn_weights", true, true));
  GANGLION_TRY(require_flag(config, "scale_attn_by_inverse_layer_idx", false, false));
  GANGLION_TRY(require_flag(config, "add_cross_attention", false, false));
  GANGLION_ASSIGN(DecoderConfig sizes, read_decoder_config(config));
  if (is_bigcode) {
    GANGLION_TRY(require_flag(config, "multi_query", true, true));
    sizes.num_kv_heads = 1;
  }
  add_decoder_sizes(sizes, builder);
  GANGLION_ASSIGN(const double epsilon, config.get_number("layer_norm_epsilon"));
  builder.set_number("attention.layer_norm_epsilon", epsilon);
  const auto rules = gpt2_rules(is_bigcode ? Treatment::kPlain : Treatment::kTransposed);
  GANGLION_TRY(builder.add_tensors(rules, sizes.counts()));
  GANGLION_TRY(add_output(builder, true));
  builder.ignore(".attn.bias");  // the causal mask
  builder.ignore(".attn.masked_bias");
  return builder.finish();
}

Result<ModelRecipe> map_starcoder2(const CheckpointPointer& checkpoint) {
  const HfConfig& config = checkpoint->config();
  RecipeBuilder builder(checkpoint, "starcoder2", {"model.", ""});
  GANGLION_TRY(require_text(config, "hidden_act", {"gelu_pytorch_tanh", "gelu_new"}));
  GANGLION_ASSIGN(const DecoderConfig sizes, read_decoder_config(config));
  add_decoder_sizes(sizes, builder);
  GANGLION_ASSIGN(const double epsilon, config.get_number("norm_epsilon"));
  builder.set_number("attention.layer_norm_epsilon", epsilon);
  GANGLION_ASSIGN(const RopeConfig rope, read_rope(config, 1e4));
  GANGLION_TRY(add_rope(rope, sizes, builder));
  GANGLION_TRY(add_sliding_window(sizes, builder));
  GANGLION_TRY(builder.add_tensors(kStarcoder2, sizes.counts()));
  GANGLION_TRY(add_output(builder, true));
  builder.ignore("rotary_emb.inv_freq");
  return builder.finish();
}

}  // namespace ganglion
