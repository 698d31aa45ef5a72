// Qwen 2, 2.5 and 3, dense and with experts.
#include <array>

#include "models/hugging_face/decoder_config.h"
#include "models/hugging_face/families.h"

namespace ganglion {
namespace {

constexpr std::array kShared = {
    TensorRule{"embed_tokens", "token_embd"},
    TensorRule{"norm", "output_norm"},
    TensorRule{"layers.{0}.input_layernorm", "blk.{0}.attn_norm"},
    TensorRule{"layers.{0}.self_attn.q_proj", "blk.{0}.attn_q"},
    TensorRule{"layers.{0}.self_attn.k_proj", "blk.{0}.attn_k"},
    TensorRule{"layers.{0}.self_attn.v_proj", "blk.{0}.attn_v"},
    TensorRule{"layers.{0}.self_attn.o_proj", "blk.{0}.attn_output"},
    TensorRule{"layers.{0}.post_attention_layernorm", "blk.{0}.ffn_norm"},
};
constexpr std::array kQueryKeyNorms = {
    TensorRule{"layers.{0}.self_attn.q_norm", "blk.{0}.attn_q_norm"},
    TensorRule{"layers.{0}.self_attn.k_norm", "blk.{0}.attn_k_norm"},
};
constexpr std::array kDense = {
    TensorRule{"layers.{0}.mlp.gate_proj", "blk.{0}.ffn_gate"},
    TensorRule{"layers.{0}.mlp.up_proj", "blk.{0}.ffn_up"},
    TensorRule{"layers.{0}.mlp.down_proj", "blk.{0}.ffn_down"},
};
constexpr std::array kExperts = {
    TensorRule{"layers.{0}.mlp.gate", "blk.{0}.ffn_gate_inp"},
    TensorRule{"layers.{0}.mlp.experts.{1}.gate_proj", "blk.{0}.ffn_gate_exps",
               Treatment::kExperts},
    TensorRule{"layers.{0}.mlp.experts.{1}.down_proj", "blk.{0}.ffn_down_exps",
               Treatment::kExperts},
    TensorRule{"layers.{0}.mlp.experts.{1}.up_proj", "blk.{0}.ffn_up_exps", Treatment::kExperts},
};
constexpr std::array kSharedExpert = {
    TensorRule{"layers.{0}.mlp.shared_expert_gate", "blk.{0}.ffn_gate_inp_shexp", Treatment::kFlat},
    TensorRule{"layers.{0}.mlp.shared_expert.gate_proj", "blk.{0}.ffn_gate_shexp"},
    TensorRule{"layers.{0}.mlp.shared_expert.down_proj", "blk.{0}.ffn_down_shexp"},
    TensorRule{"layers.{0}.mlp.shared_expert.up_proj", "blk.{0}.ffn_up_shexp"},
};

// Every layer has experts, and how their weights are scaled follows from the architecture.
Status add_experts(const HfConfig& config, RecipeBuilder::Counts counts, bool is_qwen3,
                   RecipeBuilder& builder) {
  GANGLION_TRY(require_number(config, "decoder_sparse_step", 1));
  GANGLION_TRY(require_flag(config, "norm_topk_prob", is_qwen3, false));
  if (config.has("mlp_only_layers")) {
    GANGLION_ASSIGN(const std::vector<double> dense, config.get_numbers("mlp_only_layers"));
    if (!dense.empty()) {
      return fail(ErrorCode::kUnsupported, "{}: \"mlp_only_layers\": expected none, found {}",
                  config.source_name(), dense.size());
    }
  }
  GANGLION_ASSIGN(counts.num_experts, config.get_unsigned("num_experts", "num_local_experts"));
  GANGLION_ASSIGN(const uint64_t num_used, config.get_unsigned("num_experts_per_tok"));
  if (num_used < 1 || num_used > counts.num_experts) {
    return fail(ErrorCode::kMalformed, "{}: \"num_experts_per_tok\": expected 1 to {}, found {}",
                config.source_name(), counts.num_experts, num_used);
  }
  GANGLION_ASSIGN(const uint64_t expert_size, config.get_unsigned("moe_intermediate_size"));
  builder.set_size("expert_count", counts.num_experts);
  builder.set_size("expert_used_count", num_used);
  builder.set_size("expert_feed_forward_length", expert_size);
  GANGLION_TRY(builder.add_tensors(kExperts, counts));
  if (is_qwen3) return {};
  GANGLION_ASSIGN(const uint64_t shared_size,
                  config.get_unsigned("shared_expert_intermediate_size"));
  builder.set_size("expert_shared_feed_forward_length", shared_size);
  return builder.add_tensors(kSharedExpert, counts);
}

// A window that only some layers have cannot be told in GGUF.
Status check_window(const HfConfig& config, const DecoderConfig& sizes) {
  GANGLION_ASSIGN(const bool uses_window, config.get_bool_or("use_sliding_window", false));
  if (!uses_window || !config.has("sliding_window")) return {};
  GANGLION_ASSIGN(const uint64_t window, config.get_unsigned("sliding_window"));
  if (window >= sizes.context_length) return {};
  return require_flag(config, "use_sliding_window", false, false);
}

}  // namespace

Result<ModelRecipe> map_qwen(const CheckpointPointer& checkpoint) {
  const HfConfig& config = checkpoint->config();
  const std::string& type = checkpoint->model_type();
  const bool has_experts = type.ends_with("_moe");
  const bool is_qwen3 = type.starts_with("qwen3");
  RecipeBuilder builder(checkpoint,
                        fmt::format("{}{}", is_qwen3 ? "qwen3" : "qwen2", has_experts ? "moe" : ""),
                        {"model.", ""});
  GANGLION_TRY(require_text(config, "hidden_act", {"silu"}));
  GANGLION_ASSIGN(const DecoderConfig sizes, read_decoder_config(config));
  GANGLION_TRY(check_window(config, sizes));
  add_decoder_sizes(sizes, builder);
  GANGLION_ASSIGN(const double epsilon, config.get_number("rms_norm_eps"));
  builder.set_number("attention.layer_norm_rms_epsilon", epsilon);
  GANGLION_ASSIGN(const RopeConfig rope, read_rope(config, 1e4));
  GANGLION_TRY(add_rope(rope, sizes, builder));
  GANGLION_TRY(builder.add_tensors(kShared, sizes.counts()));
  if (is_qwen3) GANGLION_TRY(builder.add_tensors(kQueryKeyNorms, sizes.counts()));
  if (has_experts) {
    GANGLION_TRY(add_experts(config, sizes.counts(), is_qwen3, builder));
  } else {
    GANGLION_TRY(builder.add_tensors(kDense, sizes.counts()));
  }
  GANGLION_TRY(add_output(builder, false));
  builder.ignore("rotary_emb.inv_freq");
  return builder.finish();
}

}  // namespace ganglion
