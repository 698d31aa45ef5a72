#include "models/hugging_face/decoder_config.h"

#include <algorithm>
#include <array>

namespace ganglion {
namespace {

constexpr uint64_t kMaxSize = uint64_t{1} << 24;
constexpr uint64_t kMaxLayers = 1024;
constexpr uint64_t kMaxHeadDim = uint64_t{1} << 16;
constexpr uint64_t kMaxContext = uint64_t{1} << 31;

struct SizeField {
  std::string_view key;
  std::string_view alias;
  uint64_t max;
};

Result<uint64_t> read_size(const HfConfig& config, const SizeField& field) {
  GANGLION_ASSIGN(const uint64_t size, config.get_unsigned(field.key, field.alias));
  if (size >= 1 && size <= field.max) return size;
  return fail(ErrorCode::kMalformed, "{}: \"{}\": expected 1 to {}, found {}", config.source_name(),
              field.key, field.max, size);
}

}  // namespace

Result<DecoderConfig> read_decoder_config(const HfConfig& config) {
  DecoderConfig sizes;
  GANGLION_ASSIGN(sizes.num_layers,
                  read_size(config, {"num_hidden_layers", "n_layer", kMaxLayers}));
  GANGLION_ASSIGN(sizes.hidden_size, read_size(config, {"hidden_size", "n_embd", kMaxSize}));
  GANGLION_ASSIGN(sizes.num_heads,
                  read_size(config, {"num_attention_heads", "n_head", sizes.hidden_size}));
  GANGLION_ASSIGN(sizes.vocabulary_size, read_size(config, {"vocab_size", "", kMaxSize}));
  GANGLION_ASSIGN(sizes.context_length,
                  read_size(config, {"max_position_embeddings", "n_positions", kMaxContext}));
  sizes.feed_forward_size = 4 * sizes.hidden_size;  // GPT-2's "n_inner": null
  if (config.has("intermediate_size") || config.has("n_inner")) {
    GANGLION_ASSIGN(sizes.feed_forward_size,
                    read_size(config, {"intermediate_size", "n_inner", kMaxSize}));
  }
  sizes.num_kv_heads = sizes.num_heads;
  if (config.has("num_key_value_heads")) {
    GANGLION_ASSIGN(sizes.num_kv_heads,
                    read_size(config, {"num_key_value_heads", "", sizes.num_heads}));
  }
  sizes.has_own_head_dim = config.has("head_dim");
  sizes.head_dim = sizes.hidden_size / sizes.num_heads;
  if (sizes.has_own_head_dim) {
    GANGLION_ASSIGN(sizes.head_dim, read_size(config, {"head_dim", "", kMaxHeadDim}));
  } else if (sizes.hidden_size % sizes.num_heads != 0 || sizes.head_dim > kMaxHeadDim) {
    return fail(ErrorCode::kMalformed,
                "{}: \"num_attention_heads\": expected a divisor of the hidden size {}, found {}",
                config.source_name(), sizes.hidden_size, sizes.num_heads);
  }
  return sizes;
}

void add_decoder_sizes(const DecoderConfig& sizes, RecipeBuilder& builder) {
  builder.set_size("block_count", sizes.num_layers);
  builder.set_size("context_length", sizes.context_length);
  builder.set_size("embedding_length", sizes.hidden_size);
  builder.set_size("feed_forward_length", sizes.feed_forward_size);
  builder.set_size("attention.head_count", sizes.num_heads);
  builder.set_size("attention.head_count_kv", sizes.num_kv_heads);
  builder.set_size("vocab_size", sizes.vocabulary_size);
  if (sizes.has_own_head_dim) {
    builder.set_size("attention.key_length", sizes.head_dim);
    builder.set_size("attention.value_length", sizes.head_dim);
  }
}

Status require_text(const HfConfig& config, std::string_view key,
                    std::initializer_list<std::string_view> allowed) {
  GANGLION_ASSIGN(const std::string found, config.get_string_or(key, *allowed.begin()));
  if (std::find(allowed.begin(), allowed.end(), found) != allowed.end()) return {};
  return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected {}, found \"{}\"",
              config.source_name(), key, fmt::join(allowed, " or "), found);
}

Status require_flag(const HfConfig& config, std::string_view key, bool expected, bool when_absent) {
  GANGLION_ASSIGN(const bool found, config.get_bool_or(key, when_absent));
  if (found == expected) return {};
  return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected {}, found {}", config.source_name(),
              key, expected, found);
}

Status require_number(const HfConfig& config, std::string_view key, double expected) {
  GANGLION_ASSIGN(const double found, config.get_number_or(key, expected));
  if (found == expected) return {};
  return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected {}, found {}", config.source_name(),
              key, expected, found);
}

Result<bool> has_tied_embeddings(const RecipeBuilder& builder, bool when_absent) {
  const bool has_output = builder.has("lm_head.weight");
  const HfConfig& config = builder.config();
  GANGLION_ASSIGN(const bool is_tied,
                  config.get_bool_or("tie_word_embeddings", when_absent || !has_output));
  if (is_tied || has_output) return is_tied;
  return fail(ErrorCode::kNotFound,
              "{}: tensor \"lm_head.weight\": expected (\"tie_word_embeddings\" is false), but it "
              "is absent; a model without its output layer cannot write text",
              builder.checkpoint().folder().string());
}

Status add_output(RecipeBuilder& builder, bool tied_when_absent) {
  GANGLION_ASSIGN(const bool is_tied, has_tied_embeddings(builder, tied_when_absent));
  constexpr std::array kRules = {TensorRule{"lm_head", "output"}};
  if (!is_tied) return builder.add_tensors(kRules, {});
  builder.ignore("lm_head.weight");
  return {};
}

Status add_sliding_window(const DecoderConfig& sizes, RecipeBuilder& builder) {
  const HfConfig& config = builder.config();
  if (!config.has("sliding_window")) return {};
  GANGLION_ASSIGN(const uint64_t window, config.get_unsigned("sliding_window"));
  if (window == 0) {
    return fail(ErrorCode::kMalformed,
                "{}: \"sliding_window\": expected null or at least 1, found 0",
                config.source_name());
  }
  if (window < sizes.context_length) builder.set_size("attention.sliding_window", window);
  return {};
}

}  // namespace ganglion
