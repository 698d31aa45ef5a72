#include "models/bert_config.h"

namespace ganglion {
namespace {

// Far above every real encoder; keeps products of sizes within 64 bits.
constexpr uint64_t kMaxSize = uint64_t{1} << 24;
constexpr uint64_t kMaxLayers = 1024;
// 4 GiB of attention weights. A file's table of positions is no bound: it can be long and narrow.
constexpr uint64_t kMaxPositions = 32'768;
// Values of llama.cpp's <arch>.pooling_type.
constexpr uint64_t kGgufPoolingNone = 0;
constexpr uint64_t kGgufPoolingMean = 1;
constexpr uint64_t kGgufPoolingCls = 2;
constexpr uint64_t kGgufPoolingRank = 4;

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
  GANGLION_TRY(check_size("number of positions", config.max_positions, kMaxPositions));
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

size_t num_rows(const GgufFile& file, std::string_view name) {
  const GgufTensor* table = file.find_tensor(name);
  if (table == nullptr) return 0;
  // Tools that drop dimensions of 1 store a table of one row as a vector.
  return table->view.shape.num_dimensions() == 1 ? 1 : static_cast<size_t>(table->view.shape[0]);
}

Result<Pooling> read_pooling(const GgufFile& file, const std::string& key) {
  GANGLION_ASSIGN(const uint64_t pooling, file.get_unsigned_or(key, kGgufPoolingMean));
  switch (pooling) {
    case kGgufPoolingNone:
      return Pooling::kNone;
    case kGgufPoolingMean:
      return Pooling::kMean;
    case kGgufPoolingCls:
      return Pooling::kCls;
    case kGgufPoolingRank:
      return Pooling::kRank;
    default:
      break;
  }
  return fail(ErrorCode::kUnsupported,
              "{}: metadata \"{}\": expected 0 (none), 1 (mean), 2 (cls) or 4 (rank), found {}",
              file.source_name(), key, pooling);
}

}  // namespace

bool is_bert_architecture(std::string_view architecture) {
  return architecture == "bert" || architecture == "nomic-bert" || architecture == "jina-bert-v2";
}

Result<BertConfig> read_bert_config(const GgufFile& file) {
  GANGLION_ASSIGN(const std::string_view architecture, file.get_string("general.architecture"));
  if (!is_bert_architecture(architecture)) {
    return fail(ErrorCode::kUnsupported,
                "{}: metadata \"general.architecture\": expected one of {}, found \"{}\"",
                file.source_name(), kBertArchitectures, architecture);
  }
  BertConfig config;
  config.architecture = architecture;
  const auto key = [&](std::string_view name) { return fmt::format("{}.{}", architecture, name); };
  GANGLION_ASSIGN(config.hidden_size, file.get_unsigned(key("embedding_length")));
  GANGLION_ASSIGN(config.num_layers, file.get_unsigned(key("block_count")));
  GANGLION_ASSIGN(config.num_heads, file.get_unsigned(key("attention.head_count")));
  GANGLION_ASSIGN(config.intermediate_size, file.get_unsigned(key("feed_forward_length")));
  GANGLION_ASSIGN(config.max_positions, file.get_unsigned(key("context_length")));
  config.vocabulary_size = num_rows(file, "token_embd.weight");
  config.num_token_types = num_rows(file, "token_types.weight");
  GANGLION_ASSIGN(const double epsilon, file.get_number(key("attention.layer_norm_epsilon")));
  config.layer_norm_epsilon = static_cast<float>(epsilon);
  GANGLION_ASSIGN(config.pooling, read_pooling(file, key("pooling_type")));
  Status status = check(config);
  if (status.ok() && architecture == "nomic-bert") status = read_nomic_bert(file, config);
  if (status.ok() && architecture == "jina-bert-v2") status = read_jina_bert(file, config);
  if (!status.ok()) return at_place(file.source_name(), status.error());
  return config;
}

}  // namespace ganglion
