// StarCoder 2: layer norms, biases, rotated halves, a plain GELU network.
// Source: A. Lozhkov et al. 2024; transformers 4.39 (modeling_starcoder2.py); llama.cpp's GGUF
// names.
#include "models/decoder_architectures.h"
#include "models/decoder_parts.h"

namespace ganglion {

Result<DecoderParts> load_starcoder2(DecoderFile& file) {
  GANGLION_ASSIGN(DecoderParts parts, read_outer_parts(file, NormKind::kLayer));
  GANGLION_ASSIGN(Rope rope, read_rope(file, RopePairs::kHalves));
  parts.ropes.push_back(std::move(rope));
  GANGLION_ASSIGN(AttentionShape shape, read_attention_shape(file));
  GANGLION_ASSIGN(shape.window, read_window(file));
  for (size_t i = 0; i < parts.sizes.num_layers; ++i) {
    GANGLION_ASSIGN(FeedForward network, read_plain_network(file, i));
    const LayerForm form = {.norm = NormKind::kLayer, .attention = shape};
    GANGLION_TRY(append_layer(file, i, form, std::move(network), parts));
  }
  return parts;
}

}  // namespace ganglion
