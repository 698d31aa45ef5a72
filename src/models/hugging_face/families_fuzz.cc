// Hostile config.json on a checkpoint that has the first layer of every family.
#include <string>
#include <vector>

#include "base/check.h"
#include "models/hugging_face/families.h"

namespace ganglion {
namespace {

constexpr uint64_t kSize = 8;  // of every dimension

// Names of matrices, each with a ".weight"; and with a ".bias" beside it.
const std::vector<std::string>& matrix_names() {
  static const auto* const kNames = [] {
    auto* names = new std::vector<std::string>{"lm_head",
                                               "model.embed_tokens",
                                               "wte",
                                               "wpe",
                                               "embeddings.word_embeddings",
                                               "embeddings.position_embeddings",
                                               "embeddings.token_type_embeddings"};
    for (const char* part : {"self_attn.q_proj",
                             "self_attn.k_proj",
                             "self_attn.v_proj",
                             "self_attn.o_proj",
                             "self_attn.dense",
                             "self_attn.qkv_proj",
                             "mlp.gate_proj",
                             "mlp.up_proj",
                             "mlp.down_proj",
                             "mlp.gate_up_proj",
                             "mlp.fc1",
                             "mlp.fc2",
                             "mlp.c_fc",
                             "mlp.c_proj",
                             "mlp.gate",
                             "mlp.experts.0.gate_proj",
                             "mlp.experts.0.up_proj",
                             "mlp.experts.0.down_proj",
                             "block_sparse_moe.gate",
                             "block_sparse_moe.experts.0.w1",
                             "block_sparse_moe.experts.0.w2",
                             "block_sparse_moe.experts.0.w3"}) {
      names->push_back(std::string("model.layers.0.") + part);
    }
    for (const char* part : {"attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"}) {
      names->push_back(std::string("h.0.") + part);
    }
    for (const char* part : {"attention.self.query", "attention.self.key", "attention.self.value",
                             "attention.output.dense", "intermediate.dense", "output.dense"}) {
      names->push_back(std::string("encoder.layer.0.") + part);
    }
    return names;
  }();
  return *kNames;
}

const std::vector<std::string>& norm_names() {
  static const auto* const kNames =
      new std::vector<std::string>{"model.norm",
                                   "model.final_layernorm",
                                   "ln_f",
                                   "h.0.ln_1",
                                   "h.0.ln_2",
                                   "embeddings.LayerNorm",
                                   "encoder.layer.0.attention.output.LayerNorm",
                                   "encoder.layer.0.output.LayerNorm",
                                   "model.layers.0.input_layernorm",
                                   "model.layers.0.post_attention_layernorm",
                                   "model.layers.0.pre_feedforward_layernorm",
                                   "model.layers.0.post_feedforward_layernorm",
                                   "model.layers.0.self_attn.q_norm",
                                   "model.layers.0.self_attn.k_norm"};
  return *kNames;
}

// A safetensors file of zeros.
std::string make_weights() {
  std::string header = "{";
  uint64_t end = 0;
  const auto add = [&](const std::string& name, bool is_matrix) {
    const uint64_t begin = end;
    end += kSize * (is_matrix ? kSize : 1) * sizeof(float);
    header += fmt::format(R"({}"{}":{{"dtype":"F32","shape":[{}8],"data_offsets":[{},{}]}})",
                          header.size() > 1 ? "," : "", name, is_matrix ? "8," : "", begin, end);
  };
  for (const std::string& name : matrix_names()) {
    add(name + ".weight", true);
    add(name + ".bias", false);
  }
  for (const std::string& name : norm_names()) {
    add(name + ".weight", false);
    add(name + ".bias", false);
  }
  header += "}";
  header.append((8 - header.size() % 8) % 8, ' ');
  const uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + header +
         std::string(end, '\0');
}

}  // namespace
}  // namespace ganglion

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace ganglion;
  static const auto* const kWeights = new std::string(make_weights());
  Result<HfCheckpoint> parsed = HfCheckpoint::parse({reinterpret_cast<const char*>(bytes), size},
                                                    std::as_bytes(std::span(*kWeights)), "fuzz");
  if (!parsed.ok()) return 0;
  const auto checkpoint = std::make_shared<const HfCheckpoint>(std::move(parsed).value());
  const Result<ModelRecipe> recipe = map_checkpoint(checkpoint);
  if (!recipe.ok()) return 0;
  std::vector<float> values;
  for (const TensorRecipe& tensor : recipe->tensors) {
    values.resize(tensor.num_rows() * tensor.row_size());
    tensor.copy_rows(0, tensor.num_rows(), values);
  }
  return 0;
}
