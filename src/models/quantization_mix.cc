#include "models/quantization_mix.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <string>

namespace ganglion {
namespace {

constexpr std::array<QuantizationMix, 19> kMixes = {{
    {"F32", MixName::kF32, 0, DType::kF32},
    {"F16", MixName::kF16, 1, DType::kF16},
    {"BF16", MixName::kBF16, 32, DType::kBF16},
    {"Q4_0", MixName::kQ4_0, 2, DType::kQ4_0},
    {"Q4_1", MixName::kQ4_1, 3, DType::kQ4_1},
    {"Q5_0", MixName::kQ5_0, 8, DType::kQ5_0},
    {"Q5_1", MixName::kQ5_1, 9, DType::kQ5_1},
    {"Q8_0", MixName::kQ8_0, 7, DType::kQ8_0},
    {"Q2_K", MixName::kQ2_K, 10, DType::kQ2_K},
    {"Q3_K_S", MixName::kQ3_K_S, 11, DType::kQ3_K},
    {"Q3_K_M", MixName::kQ3_K_M, 12, DType::kQ3_K},
    {"Q3_K_L", MixName::kQ3_K_L, 13, DType::kQ3_K},
    {"Q4_K_S", MixName::kQ4_K_S, 14, DType::kQ4_K},
    {"Q4_K_M", MixName::kQ4_K_M, 15, DType::kQ4_K},
    {"Q5_K_S", MixName::kQ5_K_S, 16, DType::kQ5_K},
    {"Q5_K_M", MixName::kQ5_K_M, 17, DType::kQ5_K},
    {"Q6_K", MixName::kQ6_K, 18, DType::kQ6_K},
    {"IQ4_NL", MixName::kIQ4_NL, 25, DType::kIQ4_NL},
    {"IQ4_XS", MixName::kIQ4_XS, 30, DType::kIQ4_XS},
}};

// What a tensor is for.
enum class Role : uint8_t {
  kOutput,
  kTokenEmbedding,
  kAttentionValue,  // also fused with queries and keys
  kAttentionKey,
  kAttentionOutput,
  kFeedForwardDown,
  kOther,
};

Role role_of(std::string_view name) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (name == "output.weight") return Role::kOutput;
  if (name == "token_embd.weight" || name == "per_layer_token_embd.weight") {
    return Role::kTokenEmbedding;
  }
  if (has("attn_qkv.weight") || has("attn_kv_b.weight") || has("attn_v.weight")) {
    return Role::kAttentionValue;
  }
  if (has("attn_k.weight")) return Role::kAttentionKey;
  if (has("attn_output.weight")) return Role::kAttentionOutput;
  if (has("ffn_down")) return Role::kFeedForwardDown;
  return Role::kOther;
}

// Names that contain one of these stay as they are: norms, routers, and tables too small or too
// delicate.
constexpr std::string_view kUntouched[] = {
    "_norm.weight",
    "ffn_gate_inp.weight",
    "altup",
    "laurel",
    "ssm_conv1d",
    "per_layer_model_proj",
    "attn_rel_b.weight",
    "shortconv.conv.weight",
};

bool is_quantized_by_mixes(const GgufTensor& tensor) {
  // As ggml counts: dimensions of 1 in front do not count.
  const Shape& shape = tensor.view.shape;
  size_t leading = 0;
  while (leading + 1 < shape.num_dimensions() && shape[leading] == 1) ++leading;
  if (shape.num_dimensions() - leading < 2 || !tensor.name.ends_with("weight")) return false;
  if (tensor.name == "position_embd.weight" || tensor.name == "token_types.weight") return false;
  return std::none_of(std::begin(kUntouched), std::end(kUntouched), [&](std::string_view part) {
    return tensor.name.find(part) != std::string_view::npos;
  });
}

// The number in "blk.N.…", or -1.
int64_t layer_of(std::string_view name) {
  constexpr std::string_view kPrefix = "blk.";
  if (!name.starts_with(kPrefix)) return -1;
  int32_t layer = -1;
  std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), layer);
  return layer;
}

bool deserves_more_bits(uint64_t layer, uint64_t num_layers) {
  return layer < num_layers / 8 || layer >= 7 * num_layers / 8 || (layer - num_layers / 8) % 3 == 2;
}

// The state of the choice: how many tensors of a kind came before, in the order of layers.
class Chooser {
 public:
  Chooser(const MixFacts& facts, const QuantizationMix& mix, bool has_importance)
      : facts_(facts), mix_(mix), has_importance_(has_importance) {}

  void count(std::string_view name) {
    if (role_of(name) == Role::kAttentionValue) ++num_attention_values_;
    if (role_of(name) == Role::kOutput) has_output_ = true;
  }

  DType choose(const GgufTensor& tensor) {
    const auto columns =
        static_cast<uint64_t>(tensor.view.shape[tensor.view.shape.num_dimensions() - 1]);
    switch (role_of(tensor.name)) {
      case Role::kOutput:
        return output_type(columns);
      case Role::kTokenEmbedding:
        return has_output_ ? mix_.base_type : output_type(columns);
      case Role::kAttentionValue:
        return attention_value_type();
      case Role::kAttentionKey:
        return facts_.num_experts == 8 ? DType::kQ8_0 : mix_.base_type;
      case Role::kAttentionOutput:
        return attention_output_type();
      case Role::kFeedForwardDown:
        return feed_forward_down_type(tensor.name);
      case Role::kOther:
        break;
    }
    return mix_.base_type;
  }

 private:
  DType output_type(uint64_t columns) const {
    const bool fits = columns % dtype_traits(mix_.base_type).block_elements == 0;
    return !fits || mix_.base_type == DType::kQ8_0 ? DType::kQ8_0 : DType::kQ6_K;
  }

  DType attention_value_type() {
    const uint64_t index = num_values_chosen_++;
    if (facts_.num_experts == 8) return DType::kQ8_0;
    const DType type = attention_value_type_at(index);
    // Llama 70B shares each value matrix among eight heads: more bits cost little.
    const bool is_70b =
        facts_.architecture == "llama" && facts_.num_layers == 80 && facts_.heads_per_kv_head != 1;
    return is_70b && (type == DType::kQ3_K || type == DType::kQ4_K) ? DType::kQ5_K : type;
  }

  DType attention_value_type_at(uint64_t index) const {
    const bool is_shared = facts_.heads_per_kv_head >= 4;
    switch (mix_.id) {
      case MixName::kQ2_K:
        return is_shared ? DType::kQ4_K : DType::kQ3_K;
      case MixName::kQ3_K_M:
        return index < 2 ? DType::kQ5_K : DType::kQ4_K;
      case MixName::kQ3_K_L:
        return DType::kQ5_K;
      case MixName::kIQ4_NL:
      case MixName::kIQ4_XS:
        return is_shared ? DType::kQ5_K : mix_.base_type;
      case MixName::kQ4_K_M:
      case MixName::kQ5_K_M:
        return deserves_more_bits(index, num_attention_values_) ? DType::kQ6_K : mix_.base_type;
      case MixName::kQ4_K_S:
        return index < 4 ? DType::kQ5_K : mix_.base_type;
      default:
        return mix_.base_type;
    }
  }

  DType attention_output_type() const {
    if (facts_.num_experts == 8) {
      switch (mix_.id) {
        case MixName::kQ2_K:
        case MixName::kQ3_K_S:
        case MixName::kQ3_K_M:
        case MixName::kQ4_K_S:
        case MixName::kQ4_K_M:
        case MixName::kIQ4_NL:
        case MixName::kIQ4_XS:
          return DType::kQ5_K;
        default:
          return mix_.base_type;
      }
    }
    switch (mix_.id) {
      case MixName::kQ2_K:
        return DType::kQ3_K;
      case MixName::kQ3_K_M:
        return DType::kQ4_K;
      case MixName::kQ3_K_L:
        return DType::kQ5_K;
      default:
        return mix_.base_type;
    }
  }

  DType feed_forward_down_type(std::string_view name) {
    uint64_t layer = num_downs_chosen_++;
    if (facts_.num_experts > 1) layer = static_cast<uint64_t>(std::max<int64_t>(0, layer_of(name)));
    const uint64_t num_layers = facts_.num_layers;
    const bool is_early = layer < num_layers / 8;
    switch (mix_.id) {
      case MixName::kQ2_K:
        return DType::kQ3_K;
      case MixName::kQ3_K_M:
        return layer < num_layers / 16 ? DType::kQ5_K : DType::kQ4_K;
      case MixName::kQ3_K_L:
        return DType::kQ5_K;
      case MixName::kQ4_K_M:
      case MixName::kQ5_K_M:
        return deserves_more_bits(layer, num_layers) ? DType::kQ6_K : mix_.base_type;
      case MixName::kQ4_K_S:
        return is_early ? DType::kQ5_K : mix_.base_type;
      case MixName::kIQ4_NL:
      case MixName::kIQ4_XS:
        return is_early && !has_importance_ ? DType::kQ5_K : mix_.base_type;
      case MixName::kQ4_0:
        return is_early && has_importance_ ? DType::kQ4_1 : mix_.base_type;
      case MixName::kQ5_0:
        return is_early && has_importance_ ? DType::kQ5_1 : mix_.base_type;
      default:
        return mix_.base_type;
    }
  }

  const MixFacts& facts_;
  const QuantizationMix& mix_;
  bool has_importance_;
  bool has_output_ = false;
  uint64_t num_attention_values_ = 0;
  uint64_t num_values_chosen_ = 0;
  uint64_t num_downs_chosen_ = 0;
};

DType fallback_of(DType type) {
  switch (type) {
    case DType::kIQ4_XS:
      return DType::kIQ4_NL;
    case DType::kQ2_K:
    case DType::kQ3_K:
      return DType::kQ4_0;
    case DType::kQ4_K:
      return DType::kQ5_0;
    case DType::kQ5_K:
      return DType::kQ5_1;
    case DType::kQ6_K:
      return DType::kQ8_0;
    default:
      return type;
  }
}

DType type_that_fits(DType type, int64_t columns) {
  const auto fits = [&](DType candidate) {
    return columns % dtype_traits(candidate).block_elements == 0;
  };
  if (fits(type)) return type;
  return fits(fallback_of(type)) ? fallback_of(type) : DType::kF16;
}

// A number, or the first of an array of them (heads may differ by layer).
Result<uint64_t> first_unsigned_or(const GgufFile& file, const std::string& key,
                                   uint64_t fallback) {
  const GgufValue* value = file.find(key);
  if (value == nullptr || !value->is_array()) return file.get_unsigned_or(key, fallback);
  GANGLION_ASSIGN(const std::vector<int64_t> numbers, file.get_integers(key));
  return numbers.empty() || numbers[0] < 0 ? fallback : static_cast<uint64_t>(numbers[0]);
}

}  // namespace

std::span<const QuantizationMix> quantization_mixes() { return kMixes; }

const QuantizationMix* find_quantization_mix(std::string_view name) {
  for (const QuantizationMix& mix : kMixes) {
    if (mix.name == name) return &mix;
  }
  return nullptr;
}

Result<MixFacts> read_mix_facts(const GgufFile& file) {
  MixFacts facts;
  GANGLION_ASSIGN(facts.architecture, file.get_string("general.architecture"));
  const std::string prefix = std::string(facts.architecture) + ".";
  GANGLION_ASSIGN(facts.num_layers, file.get_unsigned_or(prefix + "block_count", 0));
  GANGLION_ASSIGN(facts.num_experts, file.get_unsigned_or(prefix + "expert_count", 0));
  GANGLION_ASSIGN(const uint64_t heads,
                  first_unsigned_or(file, prefix + "attention.head_count", 1));
  GANGLION_ASSIGN(const uint64_t kv_heads,
                  first_unsigned_or(file, prefix + "attention.head_count_kv", heads));
  facts.heads_per_kv_head = kv_heads == 0 ? 0 : heads / kv_heads;
  return facts;
}

std::vector<DType> choose_tensor_types(const MixFacts& facts, std::span<const GgufTensor> tensors,
                                       const QuantizationMix& mix, bool has_importance) {
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const int64_t layer_a = layer_of(tensors[a].name);
    const int64_t layer_b = layer_of(tensors[b].name);
    return layer_a != layer_b ? layer_a < layer_b : tensors[a].name < tensors[b].name;
  });
  Chooser chooser(facts, mix, has_importance);
  for (const GgufTensor& tensor : tensors) chooser.count(tensor.name);
  const bool is_plain = dtype_traits(mix.base_type).block_elements == 1;
  std::vector<DType> types(tensors.size());
  for (const size_t i : order) {
    const GgufTensor& tensor = tensors[i];
    types[i] = tensor.view.dtype;
    if (!is_quantized_by_mixes(tensor)) continue;
    const int64_t columns = tensor.view.shape[tensor.view.shape.num_dimensions() - 1];
    types[i] = is_plain ? mix.base_type : type_that_fits(chooser.choose(tensor), columns);
  }
  return types;
}

}  // namespace ganglion
