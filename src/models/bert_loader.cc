// Bert::load: names, shapes and packing of the weights.
#include <algorithm>
#include <string>
#include <utility>

#include "kernels/to_float.h"
#include "models/bert.h"

namespace ganglion {

class Bert::Loader {
 public:
  Loader(const BertConfig& config, const GgufFile& file) : config_(config), file_(file) {}

  Result<Bert> load() {
    GANGLION_ASSIGN(Embedding words, embedding("token_embd.weight", config_.vocabulary_size));
    GANGLION_ASSIGN(LayerNorm norm, layer_norm("token_embd_norm"));
    Bert bert(config_, std::move(words), std::move(norm));
    if (config_.positions == Positions::kTable) {
      GANGLION_ASSIGN(bert.positions_, embedding("position_embd.weight", config_.max_positions));
    }
    if (config_.num_token_types > 0) {
      GANGLION_ASSIGN(bert.token_types_, embedding("token_types.weight", config_.num_token_types));
    }
    bert.layers_.reserve(config_.num_layers);
    for (size_t i = 0; i < config_.num_layers; ++i) {
      GANGLION_ASSIGN(Layer layer, load_layer(fmt::format("blk.{}.", i)));
      bert.layers_.push_back(std::move(layer));
    }
    return bert;
  }

 private:
  Result<AlignedVector<float>> floats(const std::string& name, const Shape& shape) const {
    GANGLION_ASSIGN(const TensorView view, file_.get_tensor(name, shape));
    auto values = copy_as_f32(view);
    if (!values.ok()) {
      return at_place(fmt::format("{}: tensor \"{}\"", file_.source_name(), name), values.error());
    }
    return values;
  }

  Result<Embedding> embedding(std::string_view name, size_t num_rows) const {
    const Shape shape = {static_cast<int64_t>(num_rows), static_cast<int64_t>(config_.hidden_size)};
    const GgufTensor* tensor = file_.find_tensor(name);
    if (num_rows == 1 && tensor != nullptr && tensor->view.shape.num_dimensions() == 1) {
      GANGLION_ASSIGN(TensorView row, file_.get_tensor(name, Shape{shape[1]}));
      row.shape = shape;
      return Embedding::create(row);
    }
    GANGLION_ASSIGN(const TensorView view, file_.get_tensor(name, shape));
    return Embedding::create(view);
  }

  Result<LayerNorm> layer_norm(const std::string& name) const {
    const Shape shape = {static_cast<int64_t>(config_.hidden_size)};
    GANGLION_ASSIGN(auto weight, floats(name + ".weight", shape));
    GANGLION_ASSIGN(auto bias, floats(name + ".bias", shape));
    return LayerNorm(std::move(weight), std::move(bias), config_.layer_norm_epsilon);
  }

  // One matrix of the stacked outputs of `names`, [num_outputs, num_inputs] in all. Biases are
  // there for all of them or for none.
  Result<Linear> linear(std::initializer_list<std::string> names, size_t num_outputs,
                        size_t num_inputs) const {
    const auto rows = static_cast<int64_t>(num_outputs / names.size());
    AlignedVector<float> weights;
    AlignedVector<float> biases;
    const bool has_biases =
        config_.has_biases || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          return file_.find_tensor(name + ".bias") != nullptr;
        });
    for (const std::string& name : names) {
      GANGLION_ASSIGN(const auto weight,
                      floats(name + ".weight", {rows, static_cast<int64_t>(num_inputs)}));
      weights.insert(weights.end(), weight.begin(), weight.end());
      if (!has_biases) continue;
      GANGLION_ASSIGN(const auto bias, floats(name + ".bias", {rows}));
      biases.insert(biases.end(), bias.begin(), bias.end());
    }
    return Linear(weights, biases, num_outputs, num_inputs);
  }

  // One matrix in some files, three in others.
  Result<Linear> query_key_value(const std::string& layer) const {
    const size_t hidden = config_.hidden_size;
    if (file_.find_tensor(layer + "attn_qkv.weight") != nullptr) {
      return linear({layer + "attn_qkv"}, 3 * hidden, hidden);
    }
    return linear({layer + "attn_q", layer + "attn_k", layer + "attn_v"}, 3 * hidden, hidden);
  }

  Result<Linear> up(const std::string& layer) const {
    const size_t hidden = config_.hidden_size;
    const size_t wide = config_.intermediate_size;
    if (config_.gate == Gate::kNone) return linear({layer + "ffn_up"}, wide, hidden);
    return linear({layer + "ffn_gate", layer + "ffn_up"}, 2 * wide, hidden);
  }

  Result<Layer> load_layer(const std::string& layer) const {
    const size_t hidden = config_.hidden_size;
    GANGLION_ASSIGN(Linear attention, query_key_value(layer));
    GANGLION_ASSIGN(Linear output, linear({layer + "attn_output"}, hidden, hidden));
    GANGLION_ASSIGN(LayerNorm attention_norm, layer_norm(layer + "attn_output_norm"));
    GANGLION_ASSIGN(Linear wide, up(layer));
    GANGLION_ASSIGN(Linear down, linear({layer + "ffn_down"}, hidden, config_.intermediate_size));
    GANGLION_ASSIGN(LayerNorm output_norm, layer_norm(layer + "layer_output_norm"));
    return Layer{std::move(attention), std::move(output), std::move(attention_norm),
                 std::move(wide),      std::move(down),   std::move(output_norm)};
  }

  const BertConfig& config_;
  const GgufFile& file_;
};

Result<Bert> Bert::load(const BertConfig& config, std::shared_ptr<const GgufFile> file) {
  GANGLION_ASSIGN(Bert bert, Loader(config, *file).load());
  bert.file_ = std::move(file);
  return bert;
}

}  // namespace ganglion
