// What the files of the decoder architectures share: reading the blocks that most of them have, by
// GGUF's names. Errors are those of DecoderFile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "models/decoder.h"

namespace ganglion {

// "blk.3.attn_q"
std::string layer_name(size_t layer, std::string_view part);

enum class NormKind { kRms, kLayer };

// A feed-forward network, or a mixture of them.
using Network = std::variant<FeedForward, MixtureOfExperts>;

// Sizes, embedding, last norm and head ("output", or the embedding where the file has none).
Result<DecoderParts> read_outer_parts(DecoderFile& file, NormKind norm);

// Rotation as the file's "rope.…" settings and factor tensors say. `theta` unless the file has its
// own. kUnsupported for a scaling that is not implemented.
Result<Rope> read_rope(DecoderFile& file, RopePairs pairs, double theta = 10000);

// Heads by the file's sizes, scale 1 / sqrt(head_dim) unless the file has its own, and no window.
Result<AttentionShape> read_attention_shape(DecoderFile& file);

// 1 / sqrt(hidden size per head), which is not the head size: how the 27B Gemmas scale scores.
float scale_by_hidden_size(const DecoderSizes& sizes);

// "attention.sliding_window", 0 when absent.
Result<size_t> read_window(DecoderFile& file);

// How a layer is put together, where architectures differ.
struct LayerForm {
  NormKind norm = NormKind::kRms;
  AttentionShape attention;
  std::optional<size_t> rope = 0;  // into DecoderParts::ropes; none: the layer does not rotate
  bool has_network_norm = true;    // without it the network reads what attention reads
  bool has_post_norms = false;     // norms of what attention and network add
};

// Appends layer `layer`: norms, attention, and `network` which the caller has read.
Status append_layer(DecoderFile& file, size_t layer, const LayerForm& form, Network network,
                    DecoderParts& parts);

// Separate query, key and value matrices, or one for all ("attn_qkv"), with biases where the file
// has them; norms of queries and keys where the file has them.
Result<CausalAttention> read_attention(DecoderFile& file, size_t layer, const AttentionShape& shape,
                                       std::optional<size_t> rope);

// "ffn_gate", "ffn_up" and "ffn_down"; or "ffn_up" with gates and inner values in one matrix.
Result<FeedForward> read_gated_network(DecoderFile& file, size_t layer, Activation activation);
// "ffn_up" and "ffn_down" with GELU between them.
Result<FeedForward> read_plain_network(DecoderFile& file, size_t layer);

// "ffn_gate_inp" and stacks of gated experts; "expert_count" of them. `renormalises` unless the
// file says otherwise.
Result<MixtureOfExperts> read_mixture(DecoderFile& file, size_t layer, bool renormalises);

}  // namespace ganglion
