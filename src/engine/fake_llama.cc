#include "engine/fake_llama.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {
namespace {

constexpr int64_t kVocabulary = 3 + 256;

void add_random(GgufWriter& writer, const std::string& name, const Shape& shape, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(static_cast<size_t>(shape.num_elements()));
  for (float& value : values) value = static_cast<float>(rng.normal()) * 0.3F;
  writer.add_f32(name, shape, values);
}

void add_vocabulary(GgufWriter& writer) {
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};
  std::vector<int32_t> kinds = {static_cast<int32_t>(TokenKind::kUnknown),
                                static_cast<int32_t>(TokenKind::kControl),
                                static_cast<int32_t>(TokenKind::kControl)};
  for (int byte = 0; byte < 256; ++byte) {
    tokens.push_back(fmt::format("<0x{:02X}>", byte));
    kinds.push_back(static_cast<int32_t>(TokenKind::kByte));
  }
  writer.set_string("tokenizer.ggml.model", "llama");
  writer.set_strings("tokenizer.ggml.tokens", std::span<const std::string>(tokens));
  writer.set_i32s("tokenizer.ggml.token_type", kinds);
  writer.set_f32s("tokenizer.ggml.scores", std::vector<float>(tokens.size(), 0.0F));
  writer.set_u32("tokenizer.ggml.bos_token_id", 1);
  writer.set_u32("tokenizer.ggml.eos_token_id", 2);
  writer.set_u32("tokenizer.ggml.unknown_token_id", 0);
}

}  // namespace

GgufWriter fake_llama() {
  GgufWriter writer;
  writer.set_string("general.architecture", "llama");
  writer.set_u32("llama.context_length", 512);
  writer.set_u32("llama.embedding_length", kFakeLlamaHidden);
  writer.set_u32("llama.block_count", 1);
  writer.set_u32("llama.feed_forward_length", kFakeLlamaInner);
  writer.set_u32("llama.attention.head_count", 2);
  writer.set_f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  add_vocabulary(writer);
  constexpr int64_t kHidden = kFakeLlamaHidden;
  const std::vector<std::pair<std::string, Shape>> tensors = {
      {"token_embd", {kVocabulary, kHidden}},
      {"output_norm", {kHidden}},
      {"output", {kVocabulary, kHidden}},
      {"blk.0.attn_norm", {kHidden}},
      {"blk.0.attn_q", {kHidden, kHidden}},
      {"blk.0.attn_k", {kHidden, kHidden}},
      {"blk.0.attn_v", {kHidden, kHidden}},
      {"blk.0.attn_output", {kHidden, kHidden}},
      {"blk.0.ffn_norm", {kHidden}},
      {"blk.0.ffn_gate", {kFakeLlamaInner, kHidden}},
      {"blk.0.ffn_up", {kFakeLlamaInner, kHidden}},
      {"blk.0.ffn_down", {kHidden, kFakeLlamaInner}},
  };
  uint64_t seed = 0;
  for (const auto& [name, shape] : tensors) add_random(writer, name + ".weight", shape, ++seed);
  return writer;
}

GgufWriter fake_adapter(std::string_view architecture) {
  GgufWriter writer;
  writer.set_string("general.type", "adapter");
  writer.set_string("general.architecture", architecture);
  writer.set_string("adapter.type", "lora");
  writer.set_f32("adapter.lora.alpha", 4);
  return writer;
}

void add_fake_factors(GgufWriter& adapter, std::string_view weight, int64_t num_outputs,
                      int64_t num_inputs) {
  add_random(adapter, fmt::format("{}.lora_a", weight), {2, num_inputs}, 101);
  add_random(adapter, fmt::format("{}.lora_b", weight), {num_outputs, 2}, 102);
}

}  // namespace ganglion
