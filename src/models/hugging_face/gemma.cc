// Gemma 1, 2 and 3 (of the models that also see, the language model).
#include <array>
#include <cmath>

#include "models/hugging_face/decoder_config.h"
#include "models/hugging_face/families.h"

namespace ganglion {
namespace {

constexpr std::array kShared = {
    TensorRule{"embed_tokens", "token_embd"},
    TensorRule{"norm", "output_norm", Treatment::kPlusOne},
    TensorRule{"layers.{0}.input_layernorm", "blk.{0}.attn_norm", Treatment::kPlusOne},
    TensorRule{"layers.{0}.self_attn.q_proj", "blk.{0}.attn_q"},
    TensorRule{"layers.{0}.self_attn.k_proj", "blk.{0}.attn_k"},
    TensorRule{"layers.{0}.self_attn.v_proj", "blk.{0}.attn_v"},
    TensorRule{"layers.{0}.self_attn.o_proj", "blk.{0}.attn_output"},
    TensorRule{"layers.{0}.mlp.gate_proj", "blk.{0}.ffn_gate"},
    TensorRule{"layers.{0}.mlp.up_proj", "blk.{0}.ffn_up"},
    TensorRule{"layers.{0}.mlp.down_proj", "blk.{0}.ffn_down"},
};
constexpr std::array kNorms = {
    TensorRule{"layers.{0}.post_attention_layernorm", "blk.{0}.ffn_norm", Treatment::kPlusOne},
};
constexpr std::array kPostNorms = {
    TensorRule{"layers.{0}.post_attention_layernorm", "blk.{0}.post_attention_norm",
               Treatment::kPlusOne},
    TensorRule{"layers.{0}.pre_feedforward_layernorm", "blk.{0}.ffn_norm", Treatment::kPlusOne},
    TensorRule{"layers.{0}.post_feedforward_layernorm", "blk.{0}.post_ffw_norm",
               Treatment::kPlusOne},
};
constexpr std::array kQueryKeyNorms = {
    TensorRule{"layers.{0}.self_attn.q_norm", "blk.{0}.attn_q_norm", Treatment::kPlusOne},
    TensorRule{"layers.{0}.self_attn.k_norm", "blk.{0}.attn_k_norm", Treatment::kPlusOne},
};

// Readers of GGUF derive the scale of the scores: from the head size, and from hidden size by heads
// in the 27B models, which they tell by their depth.
Status check_attention_scale(const HfConfig& config, const DecoderConfig& sizes,
                             uint64_t depth_of_27b) {
  const double expected =
      sizes.num_layers == depth_of_27b
          ? static_cast<double>(sizes.hidden_size) / static_cast<double>(sizes.num_heads)
          : static_cast<double>(sizes.head_dim);
  return require_number(config, "query_pre_attn_scalar", expected);
}

// Of Gemma 2 every second layer sees everything, of Gemma 3 every sixth.
Status check_layer_types(const HfConfig& config, uint64_t period) {
  if (!config.has("layer_types")) {
    return require_number(config, "sliding_window_pattern", static_cast<double>(period));
  }
  const json::value& list = config.object().at("layer_types");
  if (!list.is_array()) {
    return fail(ErrorCode::kMalformed, "{}: \"layer_types\": expected a list",
                config.source_name());
  }
  const json::array& types = list.get_array();
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string_view expected =
        (i + 1) % period == 0 ? "full_attention" : "sliding_attention";
    if (types[i].is_string() && types[i].get_string() == expected) continue;
    return fail(ErrorCode::kUnsupported,
                "{}: \"layer_types\": expected \"{}\" for layer {}, found {}", config.source_name(),
                expected, i, json::serialize(types[i]));
  }
  return {};
}

Status add_soft_caps(const HfConfig& config, RecipeBuilder& builder) {
  for (const auto& [key, target] : {std::pair{"attn_logit_softcapping", "attn_logit_softcapping"},
                                    {"final_logit_softcapping", "final_logit_softcapping"}}) {
    GANGLION_ASSIGN(const double cap, config.get_number(key));
    builder.set_number(target, cap);
  }
  return {};
}

// Gemma 3 keeps one rope for the layers with a window and one for the others.
Result<RopeConfig> read_gemma3_rope(const HfConfig& config) {
  if (!config.has("rope_parameters")) {
    GANGLION_TRY(require_number(config, "rope_local_base_freq", 1e4));
    return read_rope(config, 1e6);
  }
  GANGLION_ASSIGN(const HfConfig parameters, config.get_object("rope_parameters"));
  if (!parameters.has("full_attention")) return read_rope(config, 1e6);
  GANGLION_ASSIGN(const HfConfig sliding, parameters.get_object("sliding_attention"));
  GANGLION_TRY(require_number(sliding, "rope_theta", 1e4));
  GANGLION_TRY(require_text(sliding, "rope_type", {"default"}));
  json::object full = {{"rope_parameters", parameters.object().at("full_attention")}};
  GANGLION_ASSIGN(const HfConfig whole,
                  HfConfig::parse(json::serialize(full), parameters.source_name()));
  return read_rope(whole, 1e6);
}

Status add_gemma2(const HfConfig& config, const DecoderConfig& sizes, RecipeBuilder& builder) {
  GANGLION_TRY(check_attention_scale(config, sizes, 46));
  GANGLION_TRY(check_layer_types(config, 2));
  GANGLION_TRY(add_soft_caps(config, builder));
  return builder.add_tensors(kPostNorms, sizes.counts());
}

Status add_gemma3(const HfConfig& config, const DecoderConfig& sizes, RecipeBuilder& builder) {
  GANGLION_TRY(check_attention_scale(config, sizes, 62));
  GANGLION_TRY(check_layer_types(config, 6));
  GANGLION_TRY(require_flag(config, "use_bidirectional_attention", false, false));
  for (const std::string_view key : {"attn_logit_softcapping", "final_logit_softcapping"}) {
    if (!config.has(key)) continue;
    return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected null", config.source_name(), key);
  }
  GANGLION_TRY(builder.add_tensors(kPostNorms, sizes.counts()));
  return builder.add_tensors(kQueryKeyNorms, sizes.counts());
}

}  // namespace

Result<ModelRecipe> map_gemma(const CheckpointPointer& checkpoint) {
  const HfConfig& config = checkpoint->config();
  const std::string& type = checkpoint->model_type();
  const std::string architecture = type == "gemma3_text" ? "gemma3" : type;
  RecipeBuilder builder(checkpoint, architecture,
                        {"model.", "", "language_model.model.", "model.language_model."});
  GANGLION_TRY(require_text(config, "hidden_activation", {"gelu_pytorch_tanh"}));
  GANGLION_ASSIGN(DecoderConfig sizes, read_decoder_config(config));
  if (!sizes.has_own_head_dim) {
    return fail(ErrorCode::kNotFound, "{}: \"head_dim\": expected, but it is absent",
                config.source_name());
  }
  add_decoder_sizes(sizes, builder);
  GANGLION_ASSIGN(const double epsilon, config.get_number("rms_norm_eps"));
  builder.set_number("attention.layer_norm_rms_epsilon", epsilon);
  GANGLION_ASSIGN(const RopeConfig rope,
                  architecture == "gemma3" ? read_gemma3_rope(config) : read_rope(config, 1e4));
  GANGLION_TRY(add_rope(rope, sizes, builder));
  if (architecture != "gemma") {
    GANGLION_ASSIGN(const uint64_t window, config.get_unsigned("sliding_window"));
    builder.set_size("attention.sliding_window", window);
  }
  GANGLION_TRY(builder.add_tensors(kShared, sizes.counts()));
  if (architecture == "gemma") GANGLION_TRY(builder.add_tensors(kNorms, sizes.counts()));
  if (architecture == "gemma2") GANGLION_TRY(add_gemma2(config, sizes, builder));
  if (architecture == "gemma3") GANGLION_TRY(add_gemma3(config, sizes, builder));
  GANGLION_TRY(add_output(builder, true));
  for (const std::string_view part :
       {"rotary_emb.inv_freq", "vision_tower.", "multi_modal_projector."}) {
    builder.ignore(part);
  }
  return builder.finish();
}

}  // namespace ganglion
