// Gemma 1: as Llama, with gated GELU networks and the embedding scaled by sqrt(hidden size). The
// file's norm weights already hold 1 + w.
// Source: Gemma team 2024; transformers 4.38 (modeling_gemma.py); llama.cpp's GGUF names.
#include <cmath>

#include "models/decoder_architectures.h"
#include "models/decoder_parts.h"

namespace ganglion {

Result<DecoderParts> load_gemma(DecoderFile& file) {
  GANGLION_ASSIGN(DecoderParts parts, read_outer_parts(file, NormKind::kRms));
  const size_t hidden_size = parts.sizes.hidden_size;
  GANGLION_ASSIGN(Rope rope, read_rope(file, RopePairs::kHalves));
  parts.ropes.push_back(std::move(rope));
  GANGLION_ASSIGN(const AttentionShape shape, read_attention_shape(file));
  parts.embedding_scale = std::sqrt(static_cast<float>(hidden_size));
  for (size_t i = 0; i < parts.sizes.num_layers; ++i) {
    GANGLION_ASSIGN(FeedForward network, read_gated_network(file, i, Activation::kGeluTanh));
    const LayerForm form = {.attention = shape};
    GANGLION_TRY(append_layer(file, i, form, std::move(network), parts));
  }
  return parts;
}

}  // namespace ganglion
