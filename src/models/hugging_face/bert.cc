// Encoders: BERT, DistilBERT, RoBERTa, XLM-R and nomic-bert, with their classification heads.
#include <array>

#include "base/file.h"
#include "models/hugging_face/families.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxLayers = 1024;
constexpr uint64_t kMaxSize = uint64_t{1} << 24;
constexpr uint64_t kMaxModulesBytes = 64 * 1024;
// Values of llama.cpp's <arch>.pooling_type.
constexpr uint64_t kPoolingNone = 0;
constexpr uint64_t kPoolingMean = 1;
constexpr uint64_t kPoolingCls = 2;
constexpr uint64_t kPoolingRank = 4;

constexpr std::array kBert = {
    TensorRule{"embeddings.word_embeddings", "token_embd"},
    TensorRule{"embeddings.position_embeddings", "position_embd"},
    TensorRule{"embeddings.token_type_embeddings", "token_types", Treatment::kPlain, true},
    TensorRule{"embeddings.LayerNorm", "token_embd_norm"},
    TensorRule{"encoder.layer.{0}.attention.self.query", "blk.{0}.attn_q"},
    TensorRule{"encoder.layer.{0}.attention.self.key", "blk.{0}.attn_k"},
    TensorRule{"encoder.layer.{0}.attention.self.value", "blk.{0}.attn_v"},
    TensorRule{"encoder.layer.{0}.attention.output.dense", "blk.{0}.attn_output"},
    TensorRule{"encoder.layer.{0}.attention.output.LayerNorm", "blk.{0}.attn_output_norm"},
    TensorRule{"encoder.layer.{0}.intermediate.dense", "blk.{0}.ffn_up"},
    TensorRule{"encoder.layer.{0}.output.dense", "blk.{0}.ffn_down"},
    TensorRule{"encoder.layer.{0}.output.LayerNorm", "blk.{0}.layer_output_norm"},
};
constexpr std::array kDistilBert = {
    TensorRule{"embeddings.word_embeddings", "token_embd"},
    TensorRule{"embeddings.position_embeddings", "position_embd"},
    TensorRule{"embeddings.LayerNorm", "token_embd_norm"},
    TensorRule{"transformer.layer.{0}.attention.q_lin", "blk.{0}.attn_q"},
    TensorRule{"transformer.layer.{0}.attention.k_lin", "blk.{0}.attn_k"},
    TensorRule{"transformer.layer.{0}.attention.v_lin", "blk.{0}.attn_v"},
    TensorRule{"transformer.layer.{0}.attention.out_lin", "blk.{0}.attn_output"},
    TensorRule{"transformer.layer.{0}.sa_layer_norm", "blk.{0}.attn_output_norm"},
    TensorRule{"transformer.layer.{0}.ffn.lin1", "blk.{0}.ffn_up"},
    TensorRule{"transformer.layer.{0}.ffn.lin2", "blk.{0}.ffn_down"},
    TensorRule{"transformer.layer.{0}.output_layer_norm", "blk.{0}.layer_output_norm"},
};
constexpr std::array kNomicBert = {
    TensorRule{"embeddings.word_embeddings", "token_embd"},
    TensorRule{"embeddings.token_type_embeddings", "token_types", Treatment::kPlain, true},
    TensorRule{"emb_ln", "token_embd_norm"},
    TensorRule{"encoder.layers.{0}.attn.Wqkv", "blk.{0}.attn_qkv"},
    TensorRule{"encoder.layers.{0}.attn.out_proj", "blk.{0}.attn_output"},
    TensorRule{"encoder.layers.{0}.norm1", "blk.{0}.attn_output_norm"},
    TensorRule{"encoder.layers.{0}.mlp.fc11", "blk.{0}.ffn_up"},
    TensorRule{"encoder.layers.{0}.mlp.fc12", "blk.{0}.ffn_gate"},
    TensorRule{"encoder.layers.{0}.mlp.fc2", "blk.{0}.ffn_down"},
    TensorRule{"encoder.layers.{0}.norm2", "blk.{0}.layer_output_norm"},
};
constexpr std::array kPoolerHead = {TensorRule{"pooler.dense", "cls"},
                                    TensorRule{"classifier", "cls.output"}};
constexpr std::array kDenseHead = {TensorRule{"classifier.dense", "cls"},
                                   TensorRule{"classifier.out_proj", "cls.output"}};
constexpr std::array kDistilBertHead = {TensorRule{"pre_classifier", "cls"},
                                        TensorRule{"classifier", "cls.output"}};
constexpr std::array kTokenHead = {TensorRule{"classifier", "cls.output"}};

struct EncoderSizes {
  uint64_t num_layers = 0;
  uint64_t num_heads = 0;
};

Result<uint64_t> read_size(const HfConfig& config, std::initializer_list<std::string_view> names,
                           uint64_t max) {
  std::string_view key = *names.begin();
  for (const std::string_view name : names) {
    if (!config.has(name)) continue;
    key = name;
    break;
  }
  GANGLION_ASSIGN(const uint64_t size, config.get_unsigned(key));
  if (size >= 1 && size <= max) return size;
  return fail(ErrorCode::kMalformed, "{}: \"{}\": expected 1 to {}, found {}", config.source_name(),
              key, max, size);
}

Result<EncoderSizes> add_sizes(RecipeBuilder& builder, uint64_t num_unused_positions) {
  const HfConfig& config = builder.config();
  EncoderSizes sizes;
  GANGLION_ASSIGN(sizes.num_layers,
                  read_size(config, {"num_hidden_layers", "n_layers", "n_layer"}, kMaxLayers));
  GANGLION_ASSIGN(sizes.num_heads,
                  read_size(config, {"num_attention_heads", "n_heads", "n_head"}, kMaxSize));
  GANGLION_ASSIGN(const uint64_t hidden,
                  read_size(config, {"hidden_size", "dim", "n_embd"}, kMaxSize));
  GANGLION_ASSIGN(const uint64_t wide,
                  read_size(config, {"intermediate_size", "hidden_dim", "n_inner"}, kMaxSize));
  // nomic-bert was trained on fewer positions than its rope reaches.
  GANGLION_ASSIGN(
      const uint64_t positions,
      read_size(config, {"max_trained_positions", "max_position_embeddings", "n_positions"},
                kMaxSize));
  GANGLION_ASSIGN(const uint64_t vocabulary, read_size(config, {"vocab_size"}, kMaxSize));
  const std::string_view epsilon_key =
      config.has("layer_norm_epsilon") ? "layer_norm_epsilon" : "layer_norm_eps";
  GANGLION_ASSIGN(const double epsilon, config.get_number_or(epsilon_key, 1e-12));
  if (positions <= num_unused_positions) {
    return fail(ErrorCode::kMalformed,
                "{}: \"max_position_embeddings\": expected more than {}, "
                "found {}",
                config.source_name(), num_unused_positions, positions);
  }
  builder.set_size("block_count", sizes.num_layers);
  builder.set_size("context_length", positions - num_unused_positions);
  builder.set_size("embedding_length", hidden);
  builder.set_size("feed_forward_length", wide);
  builder.set_size("attention.head_count", sizes.num_heads);
  builder.set_size("vocab_size", vocabulary);
  builder.set_number("attention.layer_norm_epsilon", epsilon);
  builder.set_flag("attention.causal", false);
  return sizes;
}

// "modules.json" of sentence-transformers: a layer behind the pooling would be left out in silence.
Status check_modules(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "modules.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  GANGLION_ASSIGN(const std::string text, read_file(path, kMaxModulesBytes));
  GANGLION_ASSIGN(const json::value modules, parse_json(text, path.string()));
  if (!modules.is_array()) {
    return fail(ErrorCode::kMalformed, "{}: expected a list of modules", path.string());
  }
  for (const json::value& module : modules.get_array()) {
    const json::object* const object = module.if_object();
    const json::value* const type = object == nullptr ? nullptr : object->if_contains("type");
    const std::string_view name =
        type != nullptr && type->is_string() ? std::string_view(type->get_string()) : "";
    const std::string_view kind = name.substr(name.rfind('.') + 1);
    if (kind == "Transformer" || kind == "Pooling" || kind == "Normalize") continue;
    return fail(
        ErrorCode::kUnsupported,
        "{}: expected modules of type Transformer, Pooling and Normalize, found \"{}\"; take "
        "a model without that layer",
        path.string(), name);
  }
  return {};
}

// "1_Pooling/config.json" of sentence-transformers, if it is there.
Status add_pooling(RecipeBuilder& builder) {
  GANGLION_TRY(check_modules(builder.checkpoint().folder()));
  const std::filesystem::path path = builder.checkpoint().folder() / "1_Pooling" / "config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  GANGLION_ASSIGN(const HfConfig pooling, HfConfig::open(path));
  GANGLION_ASSIGN(const bool by_mean, pooling.get_bool_or("pooling_mode_mean_tokens", false));
  GANGLION_ASSIGN(const bool by_cls, pooling.get_bool_or("pooling_mode_cls_token", false));
  if (by_mean == by_cls) {
    return fail(ErrorCode::kUnsupported,
                "{}: expected one of \"pooling_mode_mean_tokens\" and \"pooling_mode_cls_token\" "
                "to be true, found {}",
                pooling.source_name(), by_cls ? "both" : "neither");
  }
  for (const auto& [mode, value] : pooling.object()) {
    const std::string_view name = mode;
    if (!name.starts_with("pooling_mode_") || name == "pooling_mode_mean_tokens" ||
        name == "pooling_mode_cls_token" || !value.is_bool() || !value.get_bool()) {
      continue;
    }
    return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected false, found true",
                pooling.source_name(), name);
  }
  builder.set_size("pooling_type", by_mean ? kPoolingMean : kPoolingCls);
  return {};
}

// "max_seq_length" of sentence_bert_config.json, which may cut texts earlier than the model must.
Status add_max_tokens(RecipeBuilder& builder) {
  const std::filesystem::path path = builder.checkpoint().folder() / "sentence_bert_config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  GANGLION_ASSIGN(const HfConfig config, HfConfig::open(path));
  if (!config.has("max_seq_length")) return {};
  GANGLION_ASSIGN(const uint64_t max_tokens, read_size(config, {"max_seq_length"}, kMaxSize));
  builder.metadata().set_u32("tokenizer.ganglion.max_tokens", static_cast<uint32_t>(max_tokens));
  return {};
}

// "id2label", in the order of the ids: one a row of the matrix `output`.
Status add_labels(RecipeBuilder& builder, std::string_view output) {
  const HfConfig& config = builder.config();
  const uint64_t num_rows = builder.num_rows(output);
  std::vector<std::string> names;
  if (config.has("id2label")) {
    GANGLION_ASSIGN(const HfConfig labels, config.get_object("id2label"));
    if (labels.object().size() != num_rows) {
      return fail(ErrorCode::kMalformed,
                  "{}: \"id2label\": expected {} labels (the rows of \"{}.weight\"), found {}",
                  config.source_name(), num_rows, output, labels.object().size());
    }
    for (size_t id = 0; id < num_rows; ++id) {
      GANGLION_ASSIGN(std::string name, labels.get_string(std::to_string(id)));
      names.push_back(std::move(name));
    }
  } else {
    for (size_t id = 0; id < num_rows; ++id) names.push_back(fmt::format("LABEL_{}", id));
  }
  builder.metadata().set_strings(fmt::format("{}.classifier.output_labels", builder.architecture()),
                                 names);
  return {};
}

Status add_classifier(RecipeBuilder& builder, std::span<const TensorRule> rules,
                      uint64_t pooling_type) {
  builder.set_size("pooling_type", pooling_type);
  GANGLION_TRY(builder.add_tensors(rules, {}));
  return add_labels(builder, rules.back().source);
}

std::string class_name(const HfConfig& config) {
  const json::value* list = config.object().if_contains("architectures");
  const bool is_named = list != nullptr && list->is_array() && !list->get_array().empty() &&
                        list->get_array()[0].is_string();
  return is_named ? std::string(list->get_array()[0].get_string()) : "";
}

// The head that the class named by "architectures" has on top.
Status add_head(RecipeBuilder& builder) {
  const HfConfig& config = builder.config();
  const std::string name = class_name(config);
  builder.ignore("pooler.dense.weight");  // where no head below takes it
  builder.ignore("pooler.dense.bias");
  GANGLION_TRY(add_max_tokens(builder));
  if (name.ends_with("ForTokenClassification")) {
    return add_classifier(builder, kTokenHead, kPoolingNone);
  }
  if (!name.ends_with("ForSequenceClassification")) return add_pooling(builder);
  GANGLION_ASSIGN(const std::string problem, config.get_string_or("problem_type", ""));
  if (problem == "multi_label_classification")
    builder.set_text("classifier.problem", "multi_label");
  if (builder.has("classifier.dense.weight")) {
    return add_classifier(builder, kDenseHead, kPoolingRank);
  }
  if (builder.checkpoint().model_type() != "distilbert") {
    return add_classifier(builder, kPoolerHead, kPoolingRank);
  }
  builder.set_text("classifier.activation", "relu");  // a word of ours; GGUF means tanh
  return add_classifier(builder, kDistilBertHead, kPoolingRank);
}

Status check_value(const HfConfig& config, std::string_view key, std::string_view expected) {
  GANGLION_ASSIGN(const std::string found, config.get_string_or(key, expected));
  if (found == expected) return {};
  return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected \"{}\", found \"{}\"",
              config.source_name(), key, expected, found);
}

Status check_nomic(const HfConfig& config) {
  GANGLION_TRY(check_value(config, "activation_function", "swiglu"));
  GANGLION_TRY(check_value(config, "hidden_act", "silu"));
  for (const std::string_view key : {"causal", "qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias",
                                     "rotary_emb_interleaved", "prenorm"}) {
    GANGLION_ASSIGN(const bool is_set, config.get_bool_or(key, false));
    if (!is_set) continue;
    return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected false, found true",
                config.source_name(), key);
  }
  for (const auto& [key, expected] :
       {std::pair{"rotary_emb_fraction", 1.0}, {"moe_every_n_layers", 0.0}}) {
    GANGLION_ASSIGN(const double found, config.get_number_or(key, expected));
    if (found == expected) continue;
    return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected {}, found {}", config.source_name(),
                key, expected, found);
  }
  return {};
}

Result<ModelRecipe> map_nomic(const CheckpointPointer& checkpoint) {
  const HfConfig& config = checkpoint->config();
  RecipeBuilder builder(checkpoint, "nomic-bert", {"", "bert.", "nomic_bert."});
  GANGLION_TRY(check_nomic(config));
  GANGLION_ASSIGN(const EncoderSizes sizes, add_sizes(builder, 0));
  GANGLION_ASSIGN(double theta, config.get_number_or("rotary_emb_base", 1000.0));
  if (config.has("rope_parameters")) {
    GANGLION_ASSIGN(const HfConfig rope, config.get_object("rope_parameters"));
    GANGLION_TRY(check_value(rope, "rope_type", "default"));
    GANGLION_ASSIGN(theta, rope.get_number_or("rope_theta", theta));
  }
  builder.set_number("rope.freq_base", theta);
  GANGLION_TRY(builder.add_tensors(kNomicBert, {.num_layers = sizes.num_layers}));
  GANGLION_TRY(add_pooling(builder));
  GANGLION_TRY(add_max_tokens(builder));
  return builder.finish();
}

}  // namespace

Result<ModelRecipe> map_bert(const CheckpointPointer& checkpoint) {
  const HfConfig& config = checkpoint->config();
  const std::string& type = checkpoint->model_type();
  if (type == "nomic_bert") return map_nomic(checkpoint);
  const bool is_distilbert = type == "distilbert";
  const bool is_roberta = type == "roberta" || type == "xlm-roberta";
  RecipeBuilder builder(checkpoint, "bert",
                        is_distilbert ? std::vector<std::string>{"", "distilbert."}
                                      : std::vector<std::string>{"", "bert.", "roberta."});
  GANGLION_TRY(check_value(config, is_distilbert ? "activation" : "hidden_act", "gelu"));
  GANGLION_TRY(check_value(config, "position_embedding_type", "absolute"));
  uint64_t num_unused = 0;  // RoBERTa counts positions from the one behind padding
  if (is_roberta) {
    GANGLION_ASSIGN(num_unused, config.get_unsigned("pad_token_id"));
    if (num_unused > kMaxSize) {
      return fail(ErrorCode::kMalformed, "{}: \"pad_token_id\": expected a token, found {}",
                  config.source_name(), num_unused);
    }
    ++num_unused;
  }
  GANGLION_ASSIGN(const EncoderSizes sizes, add_sizes(builder, num_unused));
  const RecipeBuilder::Counts counts = {.num_layers = sizes.num_layers};
  GANGLION_TRY(is_distilbert ? builder.add_tensors(kDistilBert, counts)
                             : builder.add_tensors(kBert, counts));
  if (is_roberta) GANGLION_TRY(builder.drop_rows("position_embd.weight", num_unused));
  GANGLION_TRY(add_head(builder));
  for (const std::string_view part :
       {"embeddings.position_ids", "cls.", "lm_head.", "vocab_transform.", "vocab_layer_norm.",
        "vocab_projector."}) {
    builder.ignore(part);
  }
  return builder.finish();
}

}  // namespace ganglion
