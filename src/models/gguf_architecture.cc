#include "models/gguf_architecture.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

namespace ganglion {
namespace {

// What the innermost dimension of a weight is.
enum class Width { kHidden, kFeedForward, kAny };

struct TensorRule {
  std::string_view names;  // "{}" is the layer; alternatives are separated by '|'
  Width width = Width::kAny;
};

constexpr std::array kTokenEmbedding = {TensorRule{"token_embd.weight", Width::kHidden}};
constexpr std::array kOutputNorm = {TensorRule{"output_norm.weight", Width::kHidden}};
constexpr std::array kPositions = {TensorRule{"position_embd.weight", Width::kHidden}};
constexpr std::array kEmbeddingNorm = {TensorRule{"token_embd_norm.weight", Width::kHidden},
                                       TensorRule{"token_embd_norm.bias", Width::kHidden}};
constexpr std::array kSplitAttention = {TensorRule{"blk.{}.attn_q.weight", Width::kHidden},
                                        TensorRule{"blk.{}.attn_k.weight", Width::kHidden},
                                        TensorRule{"blk.{}.attn_v.weight", Width::kHidden},
                                        TensorRule{"blk.{}.attn_output.weight"}};
constexpr std::array kFusedAttention = {TensorRule{"blk.{}.attn_qkv.weight", Width::kHidden},
                                        TensorRule{"blk.{}.attn_output.weight"}};
constexpr std::array kAnyAttention = {
    TensorRule{"blk.{}.attn_qkv.weight|blk.{}.attn_q.weight", Width::kHidden},
    TensorRule{"blk.{}.attn_output.weight"}};
constexpr std::array kAttentionNorm = {TensorRule{"blk.{}.attn_norm.weight", Width::kHidden}};
constexpr std::array kQueryKeyNorm = {TensorRule{"blk.{}.attn_q_norm.weight"},
                                      TensorRule{"blk.{}.attn_k_norm.weight"}};
constexpr std::array kFeedForwardNorm = {TensorRule{"blk.{}.ffn_norm.weight", Width::kHidden}};
constexpr std::array kPostNorms = {TensorRule{"blk.{}.post_attention_norm.weight", Width::kHidden},
                                   TensorRule{"blk.{}.post_ffw_norm.weight", Width::kHidden}};
constexpr std::array kEncoderNorms = {TensorRule{"blk.{}.attn_output_norm.weight", Width::kHidden},
                                      TensorRule{"blk.{}.attn_output_norm.bias", Width::kHidden},
                                      TensorRule{"blk.{}.layer_output_norm.weight", Width::kHidden},
                                      TensorRule{"blk.{}.layer_output_norm.bias", Width::kHidden}};
constexpr std::array kMlp = {TensorRule{"blk.{}.ffn_up.weight", Width::kHidden},
                             TensorRule{"blk.{}.ffn_down.weight", Width::kFeedForward}};
constexpr std::array kGate = {TensorRule{"blk.{}.ffn_gate.weight", Width::kHidden}};
// One network, or a stack of experts behind a router.
constexpr std::array kMixture = {
    TensorRule{"blk.{}.ffn_gate.weight|blk.{}.ffn_gate_exps.weight", Width::kHidden},
    TensorRule{"blk.{}.ffn_up.weight|blk.{}.ffn_up_exps.weight", Width::kHidden},
    TensorRule{"blk.{}.ffn_down.weight|blk.{}.ffn_down_exps.weight", Width::kFeedForward}};

constexpr std::array kRoutedExperts = {TensorRule{"blk.{}.ffn_gate_inp.weight", Width::kHidden},
                                       TensorRule{"blk.{}.ffn_gate_exps.weight", Width::kHidden},
                                       TensorRule{"blk.{}.ffn_up_exps.weight", Width::kHidden},
                                       TensorRule{"blk.{}.ffn_down_exps.weight"}};

using RuleGroup = std::span<const TensorRule>;

struct Architecture {
  std::string_view name;
  std::vector<RuleGroup> tensors;
};

const std::vector<Architecture>& architectures() {
  static const std::vector<RuleGroup> kGated = {
      kTokenEmbedding, kOutputNorm, kAttentionNorm, kSplitAttention, kFeedForwardNorm, kMlp, kGate};
  const auto with = [](std::vector<RuleGroup> groups, std::initializer_list<RuleGroup> more) {
    groups.insert(groups.end(), more);
    return groups;
  };
  static const std::vector<RuleGroup> kRouted = {kTokenEmbedding, kOutputNorm,      kAttentionNorm,
                                                 kSplitAttention, kFeedForwardNorm, kRoutedExperts};
  static const std::vector<RuleGroup> kEncoder = {kTokenEmbedding, kEmbeddingNorm, kEncoderNorms,
                                                  kMlp};
  static const std::vector<RuleGroup> kFusedDecoder = {kTokenEmbedding, kOutputNorm, kAttentionNorm,
                                                       kFusedAttention, kMlp};
  static const std::vector<Architecture> kTable = {
      {"llama",
       {kTokenEmbedding, kOutputNorm, kAttentionNorm, kSplitAttention, kFeedForwardNorm, kMixture}},
      {"qwen2", kGated},
      {"qwen2moe", kRouted},
      {"qwen3", with(kGated, {kQueryKeyNorm})},
      {"qwen3moe", with(kRouted, {kQueryKeyNorm})},
      {"smollm3", kGated},
      {"gemma", kGated},
      {"gemma2", with(kGated, {kPostNorms})},
      {"gemma3", with(kGated, {kPostNorms, kQueryKeyNorm})},
      {"phi2", {kTokenEmbedding, kOutputNorm, kAttentionNorm, kAnyAttention, kMlp}},
      {"phi3", with(kFusedDecoder, {kFeedForwardNorm})},
      {"gpt2", with(kFusedDecoder, {kFeedForwardNorm, kPositions})},
      {"starcoder", with(kFusedDecoder, {kFeedForwardNorm, kPositions})},
      {"starcoder2",
       {kTokenEmbedding, kOutputNorm, kAttentionNorm, kSplitAttention, kFeedForwardNorm, kMlp}},
      {"bert", with(kEncoder, {kSplitAttention, kPositions})},
      {"nomic-bert", with(kEncoder, {kFusedAttention, kGate})},
      {"jina-bert-v2", with(kEncoder, {kSplitAttention, kGate})},
  };
  return kTable;
}

const Architecture* find_architecture(std::string_view name) {
  const auto& table = architectures();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Architecture& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

struct Sizes {
  uint64_t num_layers = 0;
  uint64_t hidden_size = 0;
  uint64_t feed_forward_size = 0;
};

// A size that must be there and lie in [1, max]. Lists (a size a layer) give 0: not checked.
Result<uint64_t> read_size(const GgufFile& file, const std::string& key, uint64_t max) {
  const GgufValue* value = file.find(key);
  if (value != nullptr && value->is_array()) return uint64_t{0};
  GANGLION_ASSIGN(const uint64_t size, file.get_unsigned(key));
  if (size >= 1 && size <= max) return size;
  return fail(ErrorCode::kMalformed, "{}: metadata \"{}\": expected 1 to {}, found {}",
              file.source_name(), key, max, size);
}

Result<Sizes> read_sizes(const GgufFile& file, std::string_view architecture) {
  constexpr uint64_t kMaxSize = uint64_t{1} << 24;
  constexpr uint64_t kMaxLayers = 1024;
  const auto key = [&](std::string_view name) { return fmt::format("{}.{}", architecture, name); };
  Sizes sizes;
  GANGLION_ASSIGN(sizes.num_layers, read_size(file, key("block_count"), kMaxLayers));
  GANGLION_ASSIGN(sizes.hidden_size, read_size(file, key("embedding_length"), kMaxSize));
  GANGLION_ASSIGN(sizes.feed_forward_size, read_size(file, key("feed_forward_length"), kMaxSize));
  GANGLION_ASSIGN([[maybe_unused]] const uint64_t context,
                  read_size(file, key("context_length"), uint64_t{1} << 32));
  GANGLION_ASSIGN(const uint64_t num_heads, read_size(file, key("attention.head_count"), kMaxSize));
  if (num_heads > 0 && file.find(key("attention.head_count_kv")) != nullptr) {
    GANGLION_ASSIGN(const uint64_t num_kv_heads,
                    read_size(file, key("attention.head_count_kv"), kMaxSize));
    if (num_kv_heads > 0 && num_heads % num_kv_heads != 0) {
      return fail(ErrorCode::kMalformed,
                  "{}: metadata \"{}\": expected a divisor of head_count {}, found {}",
                  file.source_name(), key("attention.head_count_kv"), num_heads, num_kv_heads);
    }
  }
  const bool has_own_head_size = file.find(key("attention.key_length")) != nullptr;
  if (num_heads > 0 && !has_own_head_size && sizes.hidden_size % num_heads != 0) {
    return fail(ErrorCode::kMalformed,
                "{}: metadata \"{}\": expected a divisor of embedding_length {}, found {}",
                file.source_name(), key("attention.head_count"), sizes.hidden_size, num_heads);
  }
  return sizes;
}

// The lists beside the tokens have one value a token.
Status check_list_lengths(const GgufFile& file, uint64_t num_tokens) {
  for (const std::string_view key : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"}) {
    const GgufValue* value = file.find(key);
    if (value == nullptr || value->count == num_tokens) continue;
    return fail(ErrorCode::kMalformed,
                "{}: metadata \"{}\": expected {} values (one a token), found {}",
                file.source_name(), key, num_tokens, value->count);
  }
  return {};
}

Status check_vocabulary(const GgufFile& file) {
  const GgufValue* tokens = file.find("tokenizer.ggml.tokens");
  if (tokens == nullptr) return {};
  if (!tokens->is_array() || tokens->element_type != GgufValueType::kString) {
    return fail(ErrorCode::kMalformed,
                "{}: metadata \"tokenizer.ggml.tokens\": expected an array of strings, found {}",
                file.source_name(), gguf_value_type_name(tokens->type));
  }
  const uint64_t num_tokens = tokens->count;
  GANGLION_TRY(check_list_lengths(file, num_tokens));
  for (const GgufEntry& entry : file.entries()) {
    if (!entry.key.starts_with("tokenizer.ggml.") || !entry.key.ends_with("_token_id")) continue;
    GANGLION_ASSIGN(const uint64_t id, file.get_unsigned(entry.key));
    if (id < num_tokens) continue;
    return fail(ErrorCode::kMalformed,
                "{}: metadata \"{}\": expected a token id below {} (the size of the vocabulary), "
                "found {}",
                file.source_name(), entry.key, num_tokens, id);
  }
  const GgufTensor* embedding = file.find_tensor("token_embd.weight");
  if (embedding == nullptr || embedding->view.shape.num_dimensions() != 2) return {};
  const auto num_rows = static_cast<uint64_t>(embedding->view.shape[0]);
  if (num_tokens <= num_rows) return {};
  return fail(ErrorCode::kMalformed,
              "{}: tensor \"token_embd.weight\": expected a row for each of {} tokens, found {}",
              file.source_name(), num_tokens, num_rows);
}

// The rule's tensor for one layer: the first alternative that is there.
const GgufTensor* find_alternative(const GgufFile& file, std::string_view names, uint64_t layer) {
  while (!names.empty()) {
    const size_t end = std::min(names.find('|'), names.size());
    const std::string name = fmt::format(fmt::runtime(names.substr(0, end)), layer);
    if (const GgufTensor* tensor = file.find_tensor(name)) return tensor;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return nullptr;
}

Status check_tensor(const GgufFile& file, const TensorRule& rule, uint64_t layer,
                    const Sizes& sizes) {
  const GgufTensor* tensor = find_alternative(file, rule.names, layer);
  if (tensor == nullptr) {
    return fail(ErrorCode::kNotFound, "{}: tensor \"{}\": expected, but it is absent",
                file.source_name(), fmt::format(fmt::runtime(rule.names), layer, layer));
  }
  const uint64_t expected = rule.width == Width::kHidden        ? sizes.hidden_size
                            : rule.width == Width::kFeedForward ? sizes.feed_forward_size
                                                                : 0;
  const Shape& shape = tensor->view.shape;
  const auto width = static_cast<uint64_t>(shape[shape.num_dimensions() - 1]);
  if (expected == 0 || width == expected) return {};
  return fail(ErrorCode::kMalformed,
              "{}: tensor \"{}\": expected rows of {} values (by the metadata), found shape {}",
              file.source_name(), tensor->name, expected, shape.to_string());
}

}  // namespace

bool is_known_architecture(std::string_view architecture) {
  return find_architecture(architecture) != nullptr;
}

Status check_gguf_architecture(const GgufFile& file) {
  GANGLION_ASSIGN(const std::string_view name, file.get_string("general.architecture"));
  GANGLION_TRY(check_vocabulary(file));
  const Architecture* architecture = find_architecture(name);
  if (architecture == nullptr) return {};
  GANGLION_ASSIGN(const Sizes sizes, read_sizes(file, name));
  if (file.tensors().empty()) return {};
  for (const RuleGroup group : architecture->tensors) {
    for (const TensorRule& rule : group) {
      const bool is_per_layer = rule.names.find("{}") != std::string_view::npos;
      for (uint64_t layer = 0; layer < (is_per_layer ? sizes.num_layers : 1); ++layer) {
        GANGLION_TRY(check_tensor(file, rule, layer, sizes));
      }
    }
  }
  return {};
}

}  // namespace ganglion
