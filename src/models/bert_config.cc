#include "models/bert_config.h"

namespace ganglion {
namespace {

// Far above every real encoder; keeps products of sizes within 64 bits.
constexpr uint64_t kMaxSize = uint64_t{1} << 24;
constexpr uint64_t kMaxLayers = 1024;
// Values of llama.cpp's <arch>.pooling_type.
constexpr uint64_t kGgufPoolingMean = 1;
constexpr uint64_t kGgufPoolingCls = 2;

Status check_size(std::string_view name, size_t value, uint64_t max) {
  if (value >= 1 && value <= max) return {};
  return fail(ErrorCode::kMalformed, "{}: expected 1 to {}, found {}", name, max, value);
}

Status check(const BertConfig& config) {
  GANGLION_TRY(check_size("hidden size", config.hidden_size, kMaxSize));
  GANGLION_TRY(check_size("number of layers", config.num_layers, kMaxLayers));
  GANGLION_TRY(check_size("number of attention heads", config.num_heads, config.hidden_size));
  GANGLION_TRY(check_size("feed-forward size", config.intermediate_size, kMaxSize));
  GANGLION_TRY(check_size("vocabulary size", config.vocabulary_size, kMaxSize));
  GANGLION_TRY(check_size("number of positions", config.max_positions, kMaxSize));
  if (config.hidden_size % config.num_heads != 0) {
    return fail(ErrorCode::kMalformed,
                "number of attention heads: expected a divisor of the hidden size {}, found {}",
                config.hidden_size, config.num_heads);
  }
  if (!(config.layer_norm_epsilon >= 0.0F && config.layer_norm_epsilon < 1.0F)) {
    return fail(ErrorCode::kMalformed, "layer norm epsilon: expected 0 to 1, found {}",
                config.layer_norm_epsilon);
  }
  return {};
}

Result<BertConfig> checked(const std::string& source_name, BertConfig config) {
  if (Status status = check(config); !status.ok()) return at_place(source_name, status.error());
  return config;
}

Status check_kind(const HfConfig& config, const std::string& model_type) {
  if (model_type != "bert" && model_type != "distilbert") {
    return fail(ErrorCode::kUnsupported,
                "{}: \"model_type\": expected \"bert\" or \"distilbert\", found \"{}\"",
                config.source_name(), model_type);
  }
  const std::string_view key = model_type == "bert" ? "hidden_act" : "activation";
  GANGLION_ASSIGN(const std::string activation, config.get_string_or(key, "gelu"));
  if (activation != "gelu") {
    return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected \"gelu\", found \"{}\"",
                config.source_name(), key, activation);
  }
  GANGLION_ASSIGN(const std::string positions,
                  config.get_string_or("position_embedding_type", "absolute"));
  if (positions != "absolute") {
    return fail(ErrorCode::kUnsupported,
                "{}: \"position_embedding_type\": expected \"absolute\", found \"{}\"",
                config.source_name(), positions);
  }
  return {};
}

}  // namespace

Result<BertConfig> read_bert_config(const HfConfig& config) {
  BertConfig bert;
  GANGLION_ASSIGN(bert.model_type, config.get_string_or("model_type", "bert"));
  GANGLION_TRY(check_kind(config, bert.model_type));
  GANGLION_ASSIGN(bert.hidden_size, config.get_unsigned("hidden_size", "dim"));
  GANGLION_ASSIGN(bert.num_layers, config.get_unsigned("num_hidden_layers", "n_layers"));
  GANGLION_ASSIGN(bert.num_heads, config.get_unsigned("num_attention_heads", "n_heads"));
  GANGLION_ASSIGN(bert.intermediate_size, config.get_unsigned("intermediate_size", "hidden_dim"));
  GANGLION_ASSIGN(bert.vocabulary_size, config.get_unsigned("vocab_size"));
  GANGLION_ASSIGN(bert.max_positions, config.get_unsigned("max_position_embeddings"));
  if (bert.model_type == "bert") {
    GANGLION_ASSIGN(bert.num_token_types, config.get_unsigned("type_vocab_size"));
  }
  GANGLION_ASSIGN(const double epsilon, config.get_number_or("layer_norm_eps", 1e-12));
  bert.layer_norm_epsilon = static_cast<float>(epsilon);
  return checked(config.source_name(), bert);
}

Result<BertConfig> read_bert_config(const GgufFile& file) {
  BertConfig bert;
  bert.model_type = "bert";
  GANGLION_ASSIGN(bert.hidden_size, file.get_unsigned("bert.embedding_length"));
  GANGLION_ASSIGN(bert.num_layers, file.get_unsigned("bert.block_count"));
  GANGLION_ASSIGN(bert.num_heads, file.get_unsigned("bert.attention.head_count"));
  GANGLION_ASSIGN(bert.intermediate_size, file.get_unsigned("bert.feed_forward_length"));
  GANGLION_ASSIGN(bert.max_positions, file.get_unsigned("bert.context_length"));
  if (const GgufTensor* table = file.find_tensor("token_embd.weight")) {
    bert.vocabulary_size = static_cast<size_t>(table->view.shape[0]);
  }
  if (const GgufTensor* table = file.find_tensor("token_types.weight")) {
    bert.num_token_types = static_cast<size_t>(table->view.shape[0]);
  }
  GANGLION_ASSIGN(const double epsilon, file.get_number("bert.attention.layer_norm_epsilon"));
  bert.layer_norm_epsilon = static_cast<float>(epsilon);
  GANGLION_ASSIGN(const uint64_t pooling,
                  file.get_unsigned_or("bert.pooling_type", kGgufPoolingMean));
  if (pooling > kGgufPoolingCls) {
    return fail(
        ErrorCode::kUnsupported,
        "{}: metadata \"bert.pooling_type\": expected 0 (none), 1 (mean) or 2 (cls), found {}",
        file.source_name(), pooling);
  }
  // A file without pooling is used as a sentence encoder all the same: by the mean.
  bert.pooling = pooling == kGgufPoolingCls ? Pooling::kCls : Pooling::kMean;
  return checked(file.source_name(), bert);
}

}  // namespace ganglion
