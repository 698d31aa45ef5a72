// Gemma 3: Gemma 2 with norms of query and key heads instead of the cap of scores; five layers in
// six have a sliding window and a rotation of their own.
// Source: Gemma team 2025, "Gemma 3"; transformers 4.50 (modeling_gemma3.py); llama.cpp's GGUF
// names.
#include <cmath>

#include "models/decoder_architectures.h"
#include "models/decoder_parts.h"

namespace ganglion {
namespace {

constexpr size_t kUsualPattern = 6;  // layers 5, 11, … see everything
constexpr size_t kLayers27B = 62;
constexpr size_t kGlobalRope = 0;
constexpr size_t kWindowRope = 1;

// Layers with a window rotate by a base of their own, without the file's scaling.
Result<Rope> read_window_rope(DecoderFile& file) {
  RopeSettings config;
  config.pairs = RopePairs::kHalves;
  config.num_rotated = file.sizes().head_dim;
  GANGLION_ASSIGN(config.theta, file.get_number_or("rope.freq_base_swa", 10000));
  if (config.theta <= 0 || config.num_rotated % 2 != 0) {
    return file.refuse("rope.freq_base_swa", "a number above 0, and heads of even size",
                       std::to_string(config.theta));
  }
  return Rope(config);
}

}  // namespace

Result<DecoderParts> load_gemma3(DecoderFile& file) {
  GANGLION_ASSIGN(DecoderParts parts, read_outer_parts(file, NormKind::kRms));
  const size_t hidden_size = parts.sizes.hidden_size;
  GANGLION_ASSIGN(Rope rope, read_rope(file, RopePairs::kHalves));
  parts.ropes.push_back(std::move(rope));
  GANGLION_ASSIGN(AttentionShape shape, read_attention_shape(file));
  parts.embedding_scale = std::sqrt(static_cast<float>(hidden_size));
  GANGLION_ASSIGN(Rope window_rope, read_window_rope(file));
  parts.ropes.push_back(std::move(window_rope));
  GANGLION_ASSIGN(const double logit_cap, file.get_number_or("final_logit_softcapping", 0));
  parts.logit_soft_cap = static_cast<float>(logit_cap);
  if (parts.sizes.num_layers == kLayers27B) shape.scale = scale_by_hidden_size(parts.sizes);
  GANGLION_ASSIGN(const size_t window, read_window(file));
  GANGLION_ASSIGN(const size_t pattern,
                  file.get_size_or("attention.sliding_window_pattern", 1024, kUsualPattern));
  for (size_t i = 0; i < parts.sizes.num_layers; ++i) {
    const bool has_window = window > 0 && pattern > 0 && (i + 1) % pattern != 0;
    shape.window = has_window ? window : 0;
    GANGLION_ASSIGN(FeedForward network, read_gated_network(file, i, Activation::kGeluTanh));
    const LayerForm form = {
        .attention = shape, .rope = has_window ? kWindowRope : kGlobalRope, .has_post_norms = true};
    GANGLION_TRY(append_layer(file, i, form, std::move(network), parts));
  }
  return parts;
}

}  // namespace ganglion
