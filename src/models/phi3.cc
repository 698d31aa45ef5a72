// Phi 3, 3.5 and 4, mini and medium: fused projections, long rotary factors, a sliding window in
// every layer.
// Source: M. Abdin et al. 2024; transformers 4.48 (modeling_phi3.py); llama.cpp's GGUF names.
#include "models/decoder_architectures.h"
#include "models/decoder_parts.h"

namespace ganglion {

Result<DecoderParts> load_phi3(DecoderFile& file) {
  GANGLION_ASSIGN(DecoderParts parts, read_outer_parts(file, NormKind::kRms));
  GANGLION_ASSIGN(Rope rope, read_rope(file, RopePairs::kHalves));
  parts.ropes.push_back(std::move(rope));
  GANGLION_ASSIGN(AttentionShape shape, read_attention_shape(file));
  GANGLION_ASSIGN(shape.window, read_window(file));
  for (size_t i = 0; i < parts.sizes.num_layers; ++i) {
    GANGLION_ASSIGN(FeedForward network, read_gated_network(file, i, Activation::kSilu));
    const LayerForm form = {.attention = shape};
    GANGLION_TRY(append_layer(file, i, form, std::move(network), parts));
  }
  return parts;
}

}  // namespace ganglion
