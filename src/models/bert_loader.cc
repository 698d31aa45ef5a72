// Bert::load: names, shapes and packing of the weights.
#include <array>
#include <string>
#include <utility>

#include "kernels/to_float.h"
#include "models/bert.h"

namespace ganglion {
namespace {

constexpr BertTensorNames kBertNames = {
    .word_embedding = "embeddings.word_embeddings",
    .position_embedding = "embeddings.position_embeddings",
    .token_type_embedding = "embeddings.token_type_embeddings",
    .embedding_norm = "embeddings.LayerNorm",
    .query = "encoder.layer.{}.attention.self.query",
    .key = "encoder.layer.{}.attention.self.key",
    .value = "encoder.layer.{}.attention.self.value",
    .attention_output = "encoder.layer.{}.attention.output.dense",
    .attention_norm = "encoder.layer.{}.attention.output.LayerNorm",
    .up = "encoder.layer.{}.intermediate.dense",
    .down = "encoder.layer.{}.output.dense",
    .output_norm = "encoder.layer.{}.output.LayerNorm",
};

constexpr BertTensorNames kDistilBertNames = {
    .word_embedding = "embeddings.word_embeddings",
    .position_embedding = "embeddings.position_embeddings",
    .token_type_embedding = "",
    .embedding_norm = "embeddings.LayerNorm",
    .query = "transformer.layer.{}.attention.q_lin",
    .key = "transformer.layer.{}.attention.k_lin",
    .value = "transformer.layer.{}.attention.v_lin",
    .attention_output = "transformer.layer.{}.attention.out_lin",
    .attention_norm = "transformer.layer.{}.sa_layer_norm",
    .up = "transformer.layer.{}.ffn.lin1",
    .down = "transformer.layer.{}.ffn.lin2",
    .output_norm = "transformer.layer.{}.output_layer_norm",
};

constexpr BertTensorNames kGgufNames = {
    .word_embedding = "token_embd",
    .position_embedding = "position_embd",
    .token_type_embedding = "token_types",
    .embedding_norm = "token_embd_norm",
    .query = "blk.{}.attn_q",
    .key = "blk.{}.attn_k",
    .value = "blk.{}.attn_v",
    .attention_output = "blk.{}.attn_output",
    .attention_norm = "blk.{}.attn_output_norm",
    .up = "blk.{}.ffn_up",
    .down = "blk.{}.ffn_down",
    .output_norm = "blk.{}.layer_output_norm",
};

std::string tensor_name(std::string_view pattern, size_t layer, std::string_view part) {
  return fmt::format("{}.{}", fmt::format(fmt::runtime(pattern), layer), part);
}

}  // namespace

const BertTensorNames& BertTensorNames::hugging_face(std::string_view model_type) {
  return model_type == "distilbert" ? kDistilBertNames : kBertNames;
}

const BertTensorNames& BertTensorNames::gguf() { return kGgufNames; }

class Bert::Loader {
 public:
  Loader(const BertConfig& config, const BertTensorNames& names, const TensorSource& source)
      : config_(config), names_(names), source_(source) {}

  Result<Bert> load() {
    GANGLION_ASSIGN(Embedding words, embedding(names_.word_embedding, config_.vocabulary_size));
    GANGLION_ASSIGN(Embedding positions,
                    embedding(names_.position_embedding, config_.max_positions));
    GANGLION_ASSIGN(LayerNorm norm, layer_norm(names_.embedding_norm, 0));
    Bert bert(config_, std::move(words), std::move(positions), std::move(norm));
    if (config_.num_token_types > 0) {
      GANGLION_ASSIGN(bert.token_types_,
                      embedding(names_.token_type_embedding, config_.num_token_types));
    }
    bert.layers_.reserve(config_.num_layers);
    for (size_t i = 0; i < config_.num_layers; ++i) {
      GANGLION_ASSIGN(Layer layer, load_layer(i));
      bert.layers_.push_back(std::move(layer));
    }
    return bert;
  }

 private:
  Result<AlignedVector<float>> floats(const std::string& name, const Shape& shape) const {
    GANGLION_ASSIGN(const TensorView view, source_(name, shape));
    auto values = copy_as_f32(view);
    if (!values.ok()) return at_place(fmt::format("tensor \"{}\"", name), values.error());
    return values;
  }

  Result<Embedding> embedding(std::string_view name, size_t num_rows) const {
    const Shape shape = {static_cast<int64_t>(num_rows), static_cast<int64_t>(config_.hidden_size)};
    GANGLION_ASSIGN(const TensorView view, source_(fmt::format("{}.weight", name), shape));
    return Embedding::create(view);
  }

  Result<LayerNorm> layer_norm(std::string_view pattern, size_t layer) const {
    const Shape shape = {static_cast<int64_t>(config_.hidden_size)};
    GANGLION_ASSIGN(auto weight, floats(tensor_name(pattern, layer, "weight"), shape));
    GANGLION_ASSIGN(auto bias, floats(tensor_name(pattern, layer, "bias"), shape));
    return LayerNorm(std::move(weight), std::move(bias), config_.layer_norm_epsilon);
  }

  // One matrix of the stacked outputs of `patterns`, each [num_outputs, num_inputs].
  Result<Linear> linear(std::span<const std::string_view> patterns, size_t layer,
                        size_t num_outputs, size_t num_inputs) const {
    const auto rows = static_cast<int64_t>(num_outputs);
    AlignedVector<float> weights;
    AlignedVector<float> biases;
    for (const std::string_view pattern : patterns) {
      GANGLION_ASSIGN(const auto weight, floats(tensor_name(pattern, layer, "weight"),
                                                {rows, static_cast<int64_t>(num_inputs)}));
      GANGLION_ASSIGN(const auto bias, floats(tensor_name(pattern, layer, "bias"), {rows}));
      weights.insert(weights.end(), weight.begin(), weight.end());
      biases.insert(biases.end(), bias.begin(), bias.end());
    }
    return Linear(weights, biases, num_outputs * patterns.size(), num_inputs);
  }

  Result<Layer> load_layer(size_t index) const {
    const size_t hidden = config_.hidden_size;
    const size_t wide = config_.intermediate_size;
    const std::array qkv = {names_.query, names_.key, names_.value};
    GANGLION_ASSIGN(Linear query_key_value, linear(qkv, index, hidden, hidden));
    GANGLION_ASSIGN(Linear output, linear({&names_.attention_output, 1}, index, hidden, hidden));
    GANGLION_ASSIGN(LayerNorm attention_norm, layer_norm(names_.attention_norm, index));
    GANGLION_ASSIGN(Linear up, linear({&names_.up, 1}, index, wide, hidden));
    GANGLION_ASSIGN(Linear down, linear({&names_.down, 1}, index, hidden, wide));
    GANGLION_ASSIGN(LayerNorm output_norm, layer_norm(names_.output_norm, index));
    return Layer{std::move(query_key_value),
                 std::move(output),
                 std::move(attention_norm),
                 std::move(up),
                 std::move(down),
                 std::move(output_norm)};
  }

  const BertConfig& config_;
  const BertTensorNames& names_;
  const TensorSource& source_;
};

Result<Bert> Bert::load(const BertConfig& config, const BertTensorNames& names,
                        const TensorSource& source, std::shared_ptr<const void> storage) {
  GANGLION_ASSIGN(Bert bert, Loader(config, names, source).load());
  bert.storage_ = std::move(storage);
  return bert;
}

}  // namespace ganglion
