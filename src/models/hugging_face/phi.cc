// Phi 1, 1.5 and 2; Phi 3, 3.5 and 4 with their fused projections and long rope.
#include <array>
#include <cmath>

#include "models/hugging_face/decoder_config.h"
#include "models/hugging_face/families.h"

namespace ganglion {
namespace {

constexpr std::array kPhi2 = {
    TensorRule{"embed_tokens", "token_embd"},
    TensorRule{"final_layernorm", "output_norm"},
    TensorRule{"layers.{0}.input_layernorm", "blk.{0}.attn_norm"},
    TensorRule{"layers.{0}.self_attn.q_proj", "blk.{0}.attn_q"},
    TensorRule{"layers.{0}.self_attn.k_proj", "blk.{0}.attn_k"},
    TensorRule{"layers.{0}.self_attn.v_proj", "blk.{0}.attn_v"},
    TensorRule{"layers.{0}.self_attn.dense", "blk.{0}.attn_output"},
    TensorRule{"layers.{0}.mlp.fc1", "blk.{0}.ffn_up"},
    TensorRule{"layers.{0}.mlp.fc2", "blk.{0}.ffn_down"},
};
constexpr std::array kPhi3 = {
    TensorRule{"embed_tokens", "token_embd"},
    TensorRule{"norm", "output_norm"},
    TensorRule{"layers.{0}.input_layernorm", "blk.{0}.attn_norm"},
    TensorRule{"layers.{0}.self_attn.qkv_proj", "blk.{0}.attn_qkv"},
    TensorRule{"layers.{0}.self_attn.o_proj", "blk.{0}.attn_output"},
    TensorRule{"layers.{0}.post_attention_layernorm", "blk.{0}.ffn_norm"},
    TensorRule{"layers.{0}.mlp.gate_up_proj", "blk.{0}.ffn_up"},
    TensorRule{"layers.{0}.mlp.down_proj", "blk.{0}.ffn_down"},
};

std::vector<float> as_floats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

// Source: transformers, modeling_rope_utils.py, _compute_longrope_parameters.
double longrope_attention_factor(const RopeConfig& rope, double context, double original) {
  if (rope.attention_factor > 0) return rope.attention_factor;
  const double factor = context / original;
  return factor <= 1 ? 1.0 : std::sqrt(1 + std::log(factor) / std::log(original));
}

Status add_phi3_rope(const HfConfig& config, RopeConfig rope, const DecoderConfig& sizes,
                     RecipeBuilder& builder) {
  const std::string type = rope.type;
  if (type != "default" && type != "longrope") {
    return fail(ErrorCode::kUnsupported,
                "{}: rope: expected no scaling or \"longrope\", found \"{}\"", config.source_name(),
                type);
  }
  const auto context = static_cast<double>(sizes.context_length);
  if (rope.original_context_length == 0) rope.original_context_length = context;
  GANGLION_ASSIGN(const double original, config.get_number_or("original_max_position_embeddings",
                                                              rope.original_context_length));
  if (!(original > 1 && original < 0x1p31)) {
    return fail(ErrorCode::kMalformed,
                "{}: \"original_max_position_embeddings\": expected at least 2, found {}",
                config.source_name(), original);
  }
  builder.set_size("rope.scaling.original_context_length", static_cast<uint64_t>(original));
  if (type == "longrope") rope.type = "default";  // its factors are tensors
  GANGLION_TRY(add_rope(rope, sizes, builder));
  if (type != "longrope") return {};
  const auto rotated =
      static_cast<uint64_t>(rope.partial_factor * static_cast<double>(sizes.head_dim));
  for (const auto& factors : {rope.long_factors, rope.short_factors}) {
    if (factors.size() == rotated / 2) continue;
    return fail(ErrorCode::kMalformed,
                "{}: rope: expected {} short and long factors (one a rotated pair), found {}",
                config.source_name(), rotated / 2, factors.size());
  }
  builder.set_number("rope.scaling.attn_factor",
                     longrope_attention_factor(rope, context, original));
  builder.add_values("rope_factors_long.weight", as_floats(rope.long_factors));
  builder.add_values("rope_factors_short.weight", as_floats(rope.short_factors));
  return {};
}

}  // namespace

Result<ModelRecipe> map_phi2(const CheckpointPointer& checkpoint) {
  const HfConfig& config = checkpoint->config();
  RecipeBuilder builder(checkpoint, "phi2", {"model.", ""});
  GANGLION_TRY(require_text(config, "hidden_act", {"gelu_new"}));
  GANGLION_TRY(require_flag(config, "qk_layernorm", false, false));
  GANGLION_ASSIGN(const DecoderConfig sizes, read_decoder_config(config));
  add_decoder_sizes(sizes, builder);
  GANGLION_ASSIGN(const double epsilon, config.get_number("layer_norm_eps"));
  builder.set_number("attention.layer_norm_epsilon", epsilon);
  GANGLION_ASSIGN(const RopeConfig rope, read_rope(config, 1e4));
  GANGLION_TRY(add_rope(rope, sizes, builder));
  GANGLION_TRY(builder.add_tensors(kPhi2, sizes.counts()));
  GANGLION_TRY(add_output(builder, false));
  builder.ignore("rotary_emb.inv_freq");
  return builder.finish();
}

Result<ModelRecipe> map_phi3(const CheckpointPointer& checkpoint) {
  const HfConfig& config = checkpoint->config();
  RecipeBuilder builder(checkpoint, "phi3", {"model.", ""});
  GANGLION_TRY(require_text(config, "hidden_act", {"silu"}));
  GANGLION_ASSIGN(const DecoderConfig sizes, read_decoder_config(config));
  add_decoder_sizes(sizes, builder);
  GANGLION_ASSIGN(const double epsilon, config.get_number("rms_norm_eps"));
  builder.set_number("attention.layer_norm_rms_epsilon", epsilon);
  GANGLION_ASSIGN(const RopeConfig rope, read_rope(config, 1e4));
  GANGLION_TRY(add_phi3_rope(config, rope, sizes, builder));
  GANGLION_ASSIGN(const double window, config.get_number_or("sliding_window", 0));
  const bool is_narrow = window >= 1 && window < static_cast<double>(sizes.context_length);
  builder.set_size("attention.sliding_window", is_narrow ? static_cast<uint64_t>(window) : 0);
  GANGLION_TRY(builder.add_tensors(kPhi3, sizes.counts()));
  GANGLION_TRY(add_output(builder, false));
  builder.ignore("rotary_emb.inv_freq");
  return builder.finish();
}

}  // namespace ganglion
