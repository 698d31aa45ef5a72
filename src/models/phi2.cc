// Phi 1, 1.5 and 2: the network reads beside attention what attention reads; layer norms, biases
// everywhere, a part of each head rotated.
// Source: transformers 4.37 (modeling_phi.py); llama.cpp's GGUF names.
#include "models/decoder_architectures.h"
#include "models/decoder_parts.h"

namespace ganglion {

Result<DecoderParts> load_phi2(DecoderFile& file) {
  GANGLION_ASSIGN(DecoderParts parts, read_outer_parts(file, NormKind::kLayer));
  GANGLION_ASSIGN(Rope rope, read_rope(file, RopePairs::kHalves));
  parts.ropes.push_back(std::move(rope));
  GANGLION_ASSIGN(const AttentionShape shape, read_attention_shape(file));
  for (size_t i = 0; i < parts.sizes.num_layers; ++i) {
    GANGLION_ASSIGN(FeedForward network, read_plain_network(file, i));
    const LayerForm form = {
        .norm = NormKind::kLayer, .attention = shape, .has_network_norm = false};
    GANGLION_TRY(append_layer(file, i, form, std::move(network), parts));
  }
  return parts;
}

}  // namespace ganglion
