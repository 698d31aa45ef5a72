#include "models/lora_adapter_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <system_error>

#include "formats/hf_config.h"
#include "formats/safetensors.h"
#include "kernels/expand.h"
#include "kernels/to_float.h"

namespace ganglion {
namespace {

// The two factors of each adapted weight, by GGUF's name of it ("blk.0.attn_q.weight").
struct Factors {
  const TensorView* a = nullptr;
  const TensorView* b = nullptr;
};
using FactorsByWeight = std::map<std::string, Factors, std::less<>>;

// Where the adapter is, and the model it is for.
struct Pairing {
  const std::string& adapter_name;
  const GgufFile& base;
};

Error made_for_another(const Pairing& pairing, std::string_view weight, std::string_view expected,
                       std::string_view found) {
  return fail(ErrorCode::kConflict,
              "{}: \"{}\": expected {} (as {} has it), found {}; the adapter was made for another "
              "model",
              pairing.adapter_name, weight, expected, pairing.base.source_name(), found);
}

Result<AlignedVector<float>> floats(const Pairing& pairing, std::string_view weight,
                                    const TensorView& view) {
  if (is_expandable(view.dtype)) return copy_as_f32(view);
  return fail(ErrorCode::kUnsupported, "{}: \"{}\": factors of type {} are not read",
              pairing.adapter_name, weight, dtype_traits(view.dtype).name);
}

Result<LoraDelta> read_delta(const Pairing& pairing, const std::string& weight,
                             const Factors& factors, const TensorView& base, double alpha,
                             bool scales_by_root) {
  if (factors.a == nullptr || factors.b == nullptr) {
    return fail(ErrorCode::kMalformed, "{}: \"{}\": expected both factors, found only {}",
                pairing.adapter_name, weight, factors.a == nullptr ? "B" : "A");
  }
  const Shape& a = factors.a->shape;
  const Shape& b = factors.b->shape;
  if (a.num_dimensions() != 2 || b.num_dimensions() != 2 || a[0] != b[1] || a[0] < 1) {
    return fail(ErrorCode::kMalformed,
                "{}: \"{}\": expected factors [rank, inputs] and [outputs, rank], found {} and {}",
                pairing.adapter_name, weight, a.to_string(), b.to_string());
  }
  if (base.shape != Shape{b[0], a[1]}) {
    return made_for_another(pairing, weight, fmt::format("shape {}", base.shape.to_string()),
                            Shape{b[0], a[1]}.to_string());
  }
  LoraDelta delta;
  delta.rank = static_cast<size_t>(a[0]);
  delta.num_inputs = static_cast<size_t>(a[1]);
  delta.num_outputs = static_cast<size_t>(b[0]);
  const auto rank = static_cast<double>(delta.rank);
  delta.scale = static_cast<float>(alpha / (scales_by_root ? std::sqrt(rank) : rank));
  GANGLION_ASSIGN(delta.a, floats(pairing, weight, *factors.a));
  GANGLION_ASSIGN(delta.b, floats(pairing, weight, *factors.b));
  return delta;
}

// The weight of the model that is adapted.
Result<TensorView> find_base(const Pairing& pairing, const std::string& weight) {
  const GgufTensor* tensor = pairing.base.find_tensor(weight);
  if (tensor == nullptr) {
    return made_for_another(pairing, weight, "only weights of the model", "one that it lacks");
  }
  const bool is_matrix = tensor->view.shape.num_dimensions() == 2;
  if (is_matrix && weight != "token_embd.weight" && weight != "position_embd.weight") {
    return tensor->view;
  }
  return fail(ErrorCode::kUnsupported,
              "{}: \"{}\": only the matrices of layers and the output can be adapted, not "
              "embeddings, norms or stacked experts",
              pairing.adapter_name, weight);
}

Status check_alpha(const std::string& source_name, double alpha) {
  if (std::isfinite(alpha)) return {};
  return fail(ErrorCode::kMalformed, "{}: alpha: expected a finite number", source_name);
}

Result<LoraAdapter> load_gguf_adapter(const GgufFile& file, const GgufFile& base) {
  const Pairing pairing = {file.source_name(), base};
  for (const auto& [key, expected] :
       {std::pair{"general.type", "adapter"}, std::pair{"adapter.type", "lora"}}) {
    GANGLION_ASSIGN(const std::string_view found, file.get_string(key));
    if (found != expected) {
      return fail(ErrorCode::kUnsupported,
                  "{}: metadata \"{}\": expected \"{}\", found \"{}\"; give a LoRA adapter",
                  file.source_name(), key, expected, found);
    }
  }
  GANGLION_ASSIGN(const std::string_view architecture, file.get_string("general.architecture"));
  GANGLION_ASSIGN(const std::string_view expected, base.get_string("general.architecture"));
  if (architecture != expected) {
    return made_for_another(pairing, "general.architecture", expected, architecture);
  }
  GANGLION_ASSIGN(const double alpha, file.get_number("adapter.lora.alpha"));
  GANGLION_TRY(check_alpha(file.source_name(), alpha));
  FactorsByWeight factors;
  for (const GgufTensor& tensor : file.tensors()) {
    const std::string_view name = tensor.name;
    if (name.ends_with(".lora_a")) {
      factors[std::string(name.substr(0, name.size() - 7))].a = &tensor.view;
    } else if (name.ends_with(".lora_b")) {
      factors[std::string(name.substr(0, name.size() - 7))].b = &tensor.view;
    } else {
      return fail(ErrorCode::kUnsupported,
                  "{}: tensor \"{}\": expected only NAME.lora_a and NAME.lora_b",
                  file.source_name(), name);
    }
  }
  LoraAdapter adapter;
  for (const auto& [weight, pair] : factors) {
    GANGLION_ASSIGN(const TensorView view, find_base(pairing, weight));
    GANGLION_ASSIGN(LoraDelta delta, read_delta(pairing, weight, pair, view, alpha, false));
    adapter.add(view.bytes.data(), std::move(delta));
  }
  return adapter;
}

struct ModuleName {
  std::string_view hugging_face, gguf;
};
// What the families of decoders call their matrices.
constexpr std::array<ModuleName, 18> kModules = {{
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
    {"self_attn.qkv_proj", "attn_qkv"},
    {"self_attn.dense", "attn_output"},
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
    {"mlp.gate_up_proj", "ffn_up"},
    {"mlp.fc1", "ffn_up"},
    {"mlp.fc2", "ffn_down"},
    {"mlp.c_fc", "ffn_up"},
    {"mlp.c_proj", "ffn_down"},
    {"attn.c_attn", "attn_qkv"},
    {"attn.c_proj", "attn_output"},
    {"block_sparse_moe.gate", "ffn_gate_inp"},
    {"mlp.gate", "ffn_gate_inp"},
}};

// "base_model.model.model.layers.3.self_attn.q_proj" to "blk.3.attn_q.weight".
std::optional<std::string> gguf_name(std::string_view module) {
  if (module.ends_with("lm_head")) return "output.weight";
  size_t start = module.find(".layers.");
  size_t skipped = 8;
  if (start == std::string_view::npos) {
    start = module.find(".h.");
    skipped = 3;
  }
  if (start == std::string_view::npos) return std::nullopt;
  module.remove_prefix(start + skipped);
  uint64_t layer = 0;
  const auto number = std::from_chars(module.data(), module.data() + module.size(), layer);
  const auto digits = static_cast<size_t>(number.ptr - module.data());
  if (number.ec != std::errc() || digits + 1 >= module.size()) return std::nullopt;
  module.remove_prefix(digits + 1);
  for (const ModuleName& name : kModules) {
    if (name.hugging_face == module) return fmt::format("blk.{}.{}.weight", layer, name.gguf);
  }
  return std::nullopt;
}

// GGUF files of these rotate neighbouring elements, checkpoints halves of a head: queries and keys
// of the adapter are reordered as the weights were.
void reorder_for_rotation(size_t head_dim, LoraDelta& delta) {
  AlignedVector<float> ordered(delta.b.size());
  const size_t half = head_dim / 2;
  for (size_t row = 0; row < delta.num_outputs; ++row) {
    const size_t within = row % head_dim;
    const size_t from = row - within + within / 2 + (within % 2 == 0 ? 0 : half);
    std::copy_n(delta.b.data() + from * delta.rank, delta.rank, ordered.data() + row * delta.rank);
  }
  delta.b = std::move(ordered);
}

// 0 where nothing is to be reordered.
Result<size_t> reordered_head_dim(const GgufFile& base) {
  GANGLION_ASSIGN(const std::string_view architecture, base.get_string("general.architecture"));
  if (architecture != "llama" && architecture != "smollm3") return size_t{0};
  const auto key = [&](std::string_view name) { return fmt::format("{}.{}", architecture, name); };
  GANGLION_ASSIGN(const uint64_t hidden_size, base.get_unsigned(key("embedding_length")));
  GANGLION_ASSIGN(const uint64_t num_heads, base.get_unsigned(key("attention.head_count")));
  return base.get_unsigned_or(key("attention.key_length"), hidden_size / num_heads);
}

Status check_peft_config(const HfConfig& config) {
  GANGLION_ASSIGN(const std::string type, config.get_string("peft_type"));
  if (type != "LORA") {
    return fail(ErrorCode::kUnsupported, "{}: \"peft_type\": expected \"LORA\", found \"{}\"",
                config.source_name(), type);
  }
  GANGLION_ASSIGN(const bool is_dora, config.get_bool_or("use_dora", false));
  if (is_dora) {
    return fail(ErrorCode::kUnsupported, "{}: \"use_dora\": expected false, found true",
                config.source_name());
  }
  const json::value* pattern = config.object().if_contains("alpha_pattern");
  if (pattern != nullptr && pattern->is_object() && !pattern->as_object().empty()) {
    return fail(ErrorCode::kUnsupported, "{}: \"alpha_pattern\": expected none, found {} patterns",
                config.source_name(), pattern->as_object().size());
  }
  return {};
}

Result<FactorsByWeight> peft_factors(const SafetensorsFile& file) {
  FactorsByWeight factors;
  for (const auto& [name, view] : file.tensors()) {
    std::string_view module = name;
    const bool is_a = module.ends_with(".lora_A.weight");
    std::optional<std::string> weight;
    if (is_a || module.ends_with(".lora_B.weight")) {
      module.remove_suffix(14);
      weight = gguf_name(module);
    }
    if (!weight) {
      return fail(ErrorCode::kUnsupported,
                  "{}: tensor \"{}\": expected lora_A and lora_B of a decoder's matrices",
                  file.source_name(), name);
    }
    (is_a ? factors[*weight].a : factors[*weight].b) = &view;
  }
  return factors;
}

Result<LoraAdapter> load_peft_adapter(const std::filesystem::path& folder, const GgufFile& base) {
  GANGLION_ASSIGN(const HfConfig config, HfConfig::open(folder / "adapter_config.json"));
  GANGLION_TRY(check_peft_config(config));
  GANGLION_ASSIGN(const double alpha, config.get_number("lora_alpha"));
  GANGLION_ASSIGN(const bool scales_by_root, config.get_bool_or("use_rslora", false));
  GANGLION_ASSIGN(const SafetensorsFile file,
                  SafetensorsFile::open(folder / "adapter_model.safetensors"));
  const Pairing pairing = {file.source_name(), base};
  GANGLION_ASSIGN(const FactorsByWeight factors, peft_factors(file));
  GANGLION_ASSIGN(const size_t head_dim, reordered_head_dim(base));
  LoraAdapter adapter;
  for (const auto& [weight, pair] : factors) {
    GANGLION_ASSIGN(const TensorView view, find_base(pairing, weight));
    GANGLION_ASSIGN(LoraDelta delta,
                    read_delta(pairing, weight, pair, view, alpha, scales_by_root));
    const bool is_rotated =
        weight.find("attn_q.") != std::string::npos || weight.find("attn_k.") != std::string::npos;
    if (is_rotated && head_dim > 0 && head_dim % 2 == 0 && delta.num_outputs % head_dim == 0) {
      reorder_for_rotation(head_dim, delta);
    }
    adapter.add(view.bytes.data(), std::move(delta));
  }
  return adapter;
}

}  // namespace

Result<LoraAdapter> load_lora_adapter(const std::filesystem::path& path, const GgufFile& base) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return load_peft_adapter(path, base);
  GANGLION_ASSIGN(const GgufFile file, GgufFile::open(path));
  return load_gguf_adapter(file, base);
}

}  // namespace ganglion
