// Gemma 2: Gemma with norms of what attention and network add, soft caps, and a sliding window in
// every other layer.
// Source: Gemma team 2024, "Gemma 2"; transformers 4.42 (modeling_gemma2.py); llama.cpp's GGUF
// names.
#include <cmath>

#include "models/decoder_architectures.h"
#include "models/decoder_parts.h"

namespace ganglion {
namespace {

constexpr size_t kMaxWindow = size_t{1} << 32;
constexpr size_t kLayers27B = 46;

}  // namespace

Result<DecoderParts> load_gemma2(DecoderFile& file) {
  GANGLION_ASSIGN(DecoderParts parts, read_outer_parts(file, NormKind::kRms));
  const size_t hidden_size = parts.sizes.hidden_size;
  GANGLION_ASSIGN(Rope rope, read_rope(file, RopePairs::kHalves));
  parts.ropes.push_back(std::move(rope));
  GANGLION_ASSIGN(AttentionShape shape, read_attention_shape(file));
  parts.embedding_scale = std::sqrt(static_cast<float>(hidden_size));
  GANGLION_ASSIGN(const double soft_cap, file.get_number_or("attn_logit_softcapping", 50));
  GANGLION_ASSIGN(const double logit_cap, file.get_number_or("final_logit_softcapping", 30));
  parts.logit_soft_cap = static_cast<float>(logit_cap);
  shape.soft_cap = static_cast<float>(soft_cap);
  if (parts.sizes.num_layers == kLayers27B) shape.scale = scale_by_hidden_size(parts.sizes);
  GANGLION_ASSIGN(const size_t window,
                  file.get_size_or("attention.sliding_window", kMaxWindow, 4096));
  for (size_t i = 0; i < parts.sizes.num_layers; ++i) {
    shape.window = i % 2 == 0 ? window : 0;
    GANGLION_ASSIGN(FeedForward network, read_gated_network(file, i, Activation::kGeluTanh));
    const LayerForm form = {.attention = shape, .has_post_norms = true};
    GANGLION_TRY(append_layer(file, i, form, std::move(network), parts));
  }
  return parts;
}

}  // namespace ganglion
