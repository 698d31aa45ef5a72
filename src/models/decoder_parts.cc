#include "models/decoder_parts.h"

#include <array>
#include <cmath>
#include <utility>

namespace ganglion {
namespace {

constexpr size_t kMaxSize = size_t{1} << 24;
constexpr size_t kMaxExperts = 1024;
constexpr size_t kMaxContext = size_t{1} << 32;

Result<double> get_positive_or(DecoderFile& file, std::string_view key, double fallback) {
  GANGLION_ASSIGN(const double number, file.get_number_or(key, fallback));
  if (number <= 0) return file.refuse(key, "a number above 0", std::to_string(number));
  return number;
}

// Tensors with a factor for every pair; empty when the file has none.
Result<std::vector<float>> read_factors(DecoderFile& file, const std::string& name,
                                        size_t num_pairs) {
  if (!file.has_tensor(name)) return std::vector<float>();
  GANGLION_ASSIGN(const AlignedVector<float> values, file.vector(name, num_pairs));
  for (const float value : values) {
    if (value > 0 && std::isfinite(value)) continue;
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected factors above 0, found {}",
                file.source_name(), name, value);
  }
  return std::vector<float>(values.begin(), values.end());
}

Result<YarnScaling> read_yarn(DecoderFile& file, double factor) {
  YarnScaling yarn;
  yarn.factor = factor;
  GANGLION_ASSIGN(const size_t original,
                  file.get_size_or("rope.scaling.original_context_length", kMaxContext,
                                   file.sizes().context_length));
  if (original == 0) {
    return file.refuse("rope.scaling.original_context_length", "at least 1", "0");
  }
  yarn.original_context_length = static_cast<double>(original);
  GANGLION_ASSIGN(yarn.beta_fast, get_positive_or(file, "rope.scaling.yarn_beta_fast", 32));
  GANGLION_ASSIGN(yarn.beta_slow, get_positive_or(file, "rope.scaling.yarn_beta_slow", 1));
  GANGLION_ASSIGN(const double share, file.get_number_or("rope.scaling.yarn_ext_factor", 1));
  if (share != 1) {
    return file.refuse("rope.scaling.yarn_ext_factor", "1", std::to_string(share));
  }
  return yarn;
}

// Sets the scaling of `config` by the file's "rope.scaling.…".
Status read_rope_scaling(DecoderFile& file, RopeSettings& config) {
  GANGLION_ASSIGN(const std::string type, file.get_string_or("rope.scaling.type", "linear"));
  GANGLION_ASSIGN(const double old_factor, get_positive_or(file, "rope.scale_linear", 1));
  GANGLION_ASSIGN(const double factor, get_positive_or(file, "rope.scaling.factor", old_factor));
  if (type == "yarn") {
    GANGLION_ASSIGN(config.yarn, read_yarn(file, factor));
  } else if (type == "linear") {
    config.linear_factor = factor;
  } else if (type != "none" && type != "longrope") {
    return file.refuse("rope.scaling.type", "none, linear, yarn or longrope", type);
  }
  GANGLION_ASSIGN(config.magnitude, get_positive_or(file, "rope.scaling.attn_factor", 1));
  const size_t num_pairs = config.num_rotated / 2;
  GANGLION_ASSIGN(config.long_factors, read_factors(file, "rope_factors_long.weight", num_pairs));
  const bool is_long = !config.long_factors.empty();
  if (!is_long && type == "longrope") {
    return file.refuse("rope.scaling.type",
                       "\"longrope\" only with tensors rope_factors_long and "
                       "rope_factors_short",
                       "neither");
  }
  GANGLION_ASSIGN(
      config.factors,
      read_factors(file, is_long ? "rope_factors_short.weight" : "rope_freqs.weight", num_pairs));
  GANGLION_ASSIGN(config.original_context_length,
                  file.get_size_or("rope.scaling.original_context_length", kMaxContext,
                                   file.sizes().context_length));
  return {};
}

FeedForward expert_of(const StoredMatrix& gate, const StoredMatrix& up, const StoredMatrix& down) {
  FeedForward expert;
  expert.up.append(gate, {});
  expert.up.append(up, {});
  expert.down.append(down, {});
  return expert;
}

// The expert of qwen2moe that every token is sent to, where the file has one.
Status read_shared_expert(DecoderFile& file, size_t layer, MixtureOfExperts& mixture) {
  const std::string gate = layer_name(layer, "ffn_gate_inp_shexp.weight");
  if (!file.has_tensor(gate)) return {};
  const DecoderSizes& sizes = file.sizes();
  GANGLION_ASSIGN(mixture.shared_gate, file.vector(gate, sizes.hidden_size));
  GANGLION_ASSIGN(const size_t inner, file.get_size_or("expert_shared_feed_forward_length",
                                                       kMaxSize, sizes.feed_forward_size));
  FeedForward shared;
  const std::array<std::pair<std::string, size_t>, 2> names = {
      {{layer_name(layer, "ffn_gate_shexp"), inner}, {layer_name(layer, "ffn_up_shexp"), inner}}};
  GANGLION_ASSIGN(shared.up, file.linear(names, sizes.hidden_size));
  GANGLION_ASSIGN(shared.down,
                  file.linear(layer_name(layer, "ffn_down_shexp"), sizes.hidden_size, inner));
  mixture.shared_expert = std::move(shared);
  return {};
}

Result<Norm> read_norm(DecoderFile& file, NormKind kind, const std::string& name) {
  const size_t size = file.sizes().hidden_size;
  return kind == NormKind::kRms ? file.rms_norm(name, size) : file.layer_norm(name, size);
}

}  // namespace

std::string layer_name(size_t layer, std::string_view part) {
  return fmt::format("blk.{}.{}", layer, part);
}

Result<DecoderParts> read_outer_parts(DecoderFile& file, NormKind norm) {
  DecoderParts parts;
  parts.sizes = file.sizes();
  const size_t vocabulary_size = parts.sizes.vocabulary_size;
  const size_t hidden_size = parts.sizes.hidden_size;
  GANGLION_ASSIGN(parts.embedding, file.matrix("token_embd.weight", vocabulary_size, hidden_size));
  StoredMatrix head = parts.embedding;
  AlignedVector<float> head_bias;
  if (file.has_tensor("output.weight")) {
    GANGLION_ASSIGN(head, file.matrix("output.weight", vocabulary_size, hidden_size));
    if (file.has_tensor("output.bias")) {
      GANGLION_ASSIGN(head_bias, file.vector("output.bias", vocabulary_size));
    }
  }
  parts.head.append(head, std::move(head_bias));
  GANGLION_ASSIGN(parts.output_norm, read_norm(file, norm, "output_norm"));
  return parts;
}

Status append_layer(DecoderFile& file, size_t layer, const LayerForm& form, Network network,
                    DecoderParts& parts) {
  const auto norm = [&](std::string_view name) {
    return read_norm(file, form.norm, layer_name(layer, name));
  };
  GANGLION_ASSIGN(Norm attention_norm, norm("attn_norm"));
  GANGLION_ASSIGN(CausalAttention attention,
                  read_attention(file, layer, form.attention, form.rope));
  DecoderLayer result = {.attention_norm = std::move(attention_norm),
                         .attention = std::move(attention),
                         .post_attention_norm = {},
                         .feed_forward_norm = {},
                         .feed_forward = std::move(network),
                         .post_feed_forward_norm = {}};
  if (form.has_network_norm) {
    GANGLION_ASSIGN(result.feed_forward_norm, norm("ffn_norm"));
  }
  if (form.has_post_norms) {
    GANGLION_ASSIGN(result.post_attention_norm, norm("post_attention_norm"));
    GANGLION_ASSIGN(result.post_feed_forward_norm, norm("post_ffw_norm"));
  }
  parts.layers.push_back(std::move(result));
  return {};
}

Result<Rope> read_rope(DecoderFile& file, RopePairs pairs, double theta) {
  RopeSettings config;
  config.pairs = pairs;
  const size_t head_dim = file.sizes().head_dim;
  GANGLION_ASSIGN(config.num_rotated, file.get_size_or("rope.dimension_count", head_dim, head_dim));
  if (config.num_rotated == 0 || config.num_rotated % 2 != 0) {
    return file.refuse("rope.dimension_count", fmt::format("an even number up to {}", head_dim),
                       std::to_string(config.num_rotated));
  }
  GANGLION_ASSIGN(config.theta, get_positive_or(file, "rope.freq_base", theta));
  GANGLION_TRY(read_rope_scaling(file, config));
  return Rope(config);
}

Result<AttentionShape> read_attention_shape(DecoderFile& file) {
  const DecoderSizes& sizes = file.sizes();
  AttentionShape shape;
  shape.num_heads = sizes.num_heads;
  shape.num_kv_heads = sizes.num_kv_heads;
  shape.head_dim = sizes.head_dim;
  GANGLION_ASSIGN(const double scale, file.get_number_or("attention.scale", 0));
  const double usual = 1 / std::sqrt(static_cast<double>(sizes.head_dim));
  shape.scale = static_cast<float>(scale == 0 ? usual : scale);
  return shape;
}

float scale_by_hidden_size(const DecoderSizes& sizes) {
  return 1.0F / std::sqrt(static_cast<float>(sizes.hidden_size / sizes.num_heads));
}

Result<size_t> read_window(DecoderFile& file) {
  return file.get_size_or("attention.sliding_window", kMaxContext, 0);
}

Result<CausalAttention> read_attention(DecoderFile& file, size_t layer, const AttentionShape& shape,
                                       std::optional<size_t> rope) {
  const size_t hidden_size = file.sizes().hidden_size;
  const size_t query_size = shape.num_heads * shape.head_dim;
  const size_t kv_size = shape.num_kv_heads * shape.head_dim;
  CausalAttention attention;
  attention.shape = shape;
  attention.rope = rope;
  if (file.has_tensor(layer_name(layer, "attn_qkv.weight"))) {
    GANGLION_ASSIGN(attention.query_key_value, file.linear(layer_name(layer, "attn_qkv"),
                                                           query_size + 2 * kv_size, hidden_size));
  } else {
    const std::array<std::pair<std::string, size_t>, 3> names = {
        {{layer_name(layer, "attn_q"), query_size},
         {layer_name(layer, "attn_k"), kv_size},
         {layer_name(layer, "attn_v"), kv_size}}};
    GANGLION_ASSIGN(attention.query_key_value, file.linear(names, hidden_size));
  }
  if (file.has_tensor(layer_name(layer, "attn_q_norm.weight"))) {
    GANGLION_ASSIGN(attention.query_norm,
                    file.rms_norm(layer_name(layer, "attn_q_norm"), shape.head_dim));
    GANGLION_ASSIGN(attention.key_norm,
                    file.rms_norm(layer_name(layer, "attn_k_norm"), shape.head_dim));
  }
  GANGLION_ASSIGN(attention.output,
                  file.linear(layer_name(layer, "attn_output"), hidden_size, query_size));
  return attention;
}

Result<FeedForward> read_gated_network(DecoderFile& file, size_t layer, Activation activation) {
  const size_t hidden_size = file.sizes().hidden_size;
  const size_t inner = file.sizes().feed_forward_size;
  FeedForward network;
  network.activation = activation;
  if (file.has_tensor(layer_name(layer, "ffn_gate.weight"))) {
    const std::array<std::pair<std::string, size_t>, 2> names = {
        {{layer_name(layer, "ffn_gate"), inner}, {layer_name(layer, "ffn_up"), inner}}};
    GANGLION_ASSIGN(network.up, file.linear(names, hidden_size));
  } else {
    GANGLION_ASSIGN(network.up, file.linear(layer_name(layer, "ffn_up"), 2 * inner, hidden_size));
  }
  GANGLION_ASSIGN(network.down, file.linear(layer_name(layer, "ffn_down"), hidden_size, inner));
  return network;
}

Result<FeedForward> read_plain_network(DecoderFile& file, size_t layer) {
  const size_t hidden_size = file.sizes().hidden_size;
  const size_t inner = file.sizes().feed_forward_size;
  FeedForward network;
  network.activation = Activation::kGeluTanh;
  network.is_gated = false;
  GANGLION_ASSIGN(network.up, file.linear(layer_name(layer, "ffn_up"), inner, hidden_size));
  GANGLION_ASSIGN(network.down, file.linear(layer_name(layer, "ffn_down"), hidden_size, inner));
  return network;
}

Result<MixtureOfExperts> read_mixture(DecoderFile& file, size_t layer, bool renormalises) {
  const DecoderSizes& sizes = file.sizes();
  MixtureOfExperts mixture;
  GANGLION_ASSIGN(const size_t count, file.get_size("expert_count", kMaxExperts));
  GANGLION_ASSIGN(mixture.num_used, file.get_size("expert_used_count", count));
  GANGLION_ASSIGN(mixture.renormalises, file.get_bool_or("expert_weights_norm", renormalises));
  GANGLION_ASSIGN(const size_t inner, file.get_size_or("expert_feed_forward_length", kMaxSize,
                                                       sizes.feed_forward_size));
  GANGLION_ASSIGN(mixture.router,
                  file.linear(layer_name(layer, "ffn_gate_inp"), count, sizes.hidden_size));
  GANGLION_ASSIGN(const auto gates, file.stacked_matrices(layer_name(layer, "ffn_gate_exps.weight"),
                                                          count, inner, sizes.hidden_size));
  GANGLION_ASSIGN(const auto ups, file.stacked_matrices(layer_name(layer, "ffn_up_exps.weight"),
                                                        count, inner, sizes.hidden_size));
  GANGLION_ASSIGN(const auto downs, file.stacked_matrices(layer_name(layer, "ffn_down_exps.weight"),
                                                          count, sizes.hidden_size, inner));
  for (size_t i = 0; i < count; ++i) {
    mixture.experts.push_back(expert_of(gates[i], ups[i], downs[i]));
  }
  GANGLION_TRY(read_shared_expert(file, layer, mixture));
  return mixture;
}

}  // namespace ganglion
