// Qwen 3: as Qwen 2 without biases, with an RMS norm of every query and key head.
// Source: Qwen team 2025, "Qwen3 technical report"; llama.cpp's GGUF names.
#include "models/decoder_architectures.h"
#include "models/decoder_parts.h"

namespace ganglion {

Result<DecoderParts> load_qwen3(DecoderFile& file) {
  GANGLION_ASSIGN(DecoderParts parts, read_outer_parts(file, NormKind::kRms));
  GANGLION_ASSIGN(Rope rope, read_rope(file, RopePairs::kHalves));
  parts.ropes.push_back(std::move(rope));
  GANGLION_ASSIGN(const AttentionShape shape, read_attention_shape(file));
  for (size_t i = 0; i < parts.sizes.num_layers; ++i) {
    GANGLION_ASSIGN(FeedForward network, read_gated_network(file, i, Activation::kSilu));
    const LayerForm form = {.attention = shape};
    GANGLION_TRY(append_layer(file, i, form, std::move(network), parts));
  }
  return parts;
}

}  // namespace ganglion
