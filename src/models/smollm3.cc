// SmolLM3: as Llama, but every fourth layer does not rotate.
// Source: transformers 4.53 (modeling_smollm3.py); llama.cpp's GGUF names.
#include "models/decoder_architectures.h"
#include "models/decoder_parts.h"

namespace ganglion {
namespace {

constexpr size_t kUnrotatedStep = 4;  // layers 3, 7, …

}  // namespace

Result<DecoderParts> load_smollm3(DecoderFile& file) {
  GANGLION_ASSIGN(DecoderParts parts, read_outer_parts(file, NormKind::kRms));
  GANGLION_ASSIGN(Rope rope, read_rope(file, RopePairs::kNeighbours));
  parts.ropes.push_back(std::move(rope));
  GANGLION_ASSIGN(const AttentionShape shape, read_attention_shape(file));
  for (size_t i = 0; i < parts.sizes.num_layers; ++i) {
    const std::optional<size_t> rope_index =
        (i + 1) % kUnrotatedStep == 0 ? std::nullopt : std::optional<size_t>(0);
    GANGLION_ASSIGN(FeedForward network, read_gated_network(file, i, Activation::kSilu));
    const LayerForm form = {.attention = shape, .rope = rope_index};
    GANGLION_TRY(append_layer(file, i, form, std::move(network), parts));
  }
  return parts;
}

}  // namespace ganglion
