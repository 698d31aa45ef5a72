// GPT-2: learned positions, layer norms, biases, a plain GELU network.
// Source: A. Radford et al. 2019; transformers (modeling_gpt2.py); llama.cpp's GGUF names.
#include "models/decoder_architectures.h"
#include "models/decoder_parts.h"

namespace ganglion {

Result<DecoderParts> load_gpt2(DecoderFile& file) {
  GANGLION_ASSIGN(DecoderParts parts, read_outer_parts(file, NormKind::kLayer));
  const size_t hidden_size = parts.sizes.hidden_size;
  GANGLION_ASSIGN(const AttentionShape shape, read_attention_shape(file));
  GANGLION_ASSIGN(parts.positions,
                  file.matrix("position_embd.weight", parts.sizes.context_length, hidden_size));
  for (size_t i = 0; i < parts.sizes.num_layers; ++i) {
    GANGLION_ASSIGN(FeedForward network, read_plain_network(file, i));
    const LayerForm form = {.norm = NormKind::kLayer, .attention = shape, .rope = std::nullopt};
    GANGLION_TRY(append_layer(file, i, form, std::move(network), parts));
  }
  return parts;
}

}  // namespace ganglion
