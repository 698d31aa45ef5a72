// Llama 1 to 3.2, TinyLlama, Mistral, Mixtral, SmolLM2: RMS norms, rotary positions, gated SiLU
// networks or a mixture of them.
// Source: H. Touvron et al. 2023; A. Jiang et al. 2023 and 2024; llama.cpp's GGUF names.
#include "models/decoder_architectures.h"
#include "models/decoder_parts.h"

namespace ganglion {
namespace {

Result<Network> read_network(DecoderFile& file, size_t layer, bool is_mixture) {
  if (is_mixture) {
    GANGLION_ASSIGN(MixtureOfExperts mixture, read_mixture(file, layer, true));
    return Network(std::move(mixture));
  }
  GANGLION_ASSIGN(FeedForward network, read_gated_network(file, layer, Activation::kSilu));
  return Network(std::move(network));
}

}  // namespace

Result<DecoderParts> load_llama(DecoderFile& file) {
  GANGLION_ASSIGN(DecoderParts parts, read_outer_parts(file, NormKind::kRms));
  GANGLION_ASSIGN(Rope rope, read_rope(file, RopePairs::kNeighbours));
  parts.ropes.push_back(std::move(rope));
  GANGLION_ASSIGN(AttentionShape shape, read_attention_shape(file));
  GANGLION_ASSIGN(shape.window, read_window(file));  // Mistral 7B v0.1
  GANGLION_ASSIGN(const size_t num_experts, file.get_size_or("expert_count", 1024, 0));
  for (size_t i = 0; i < parts.sizes.num_layers; ++i) {
    GANGLION_ASSIGN(Network network, read_network(file, i, num_experts > 0));
    const LayerForm form = {.attention = shape};
    GANGLION_TRY(append_layer(file, i, form, std::move(network), parts));
  }
  return parts;
}

}  // namespace ganglion
