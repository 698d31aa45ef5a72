#include "models/decoder_work.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "models/decoder_file.h"

namespace ganglion {
namespace {

constexpr std::string_view kEmbedding = "token_embd.weight";
constexpr std::string_view kHead = "output.weight";

// Tables of rows that are looked up, one a token.
bool is_lookup(std::string_view name) {
  return name == kEmbedding || name == "position_embd.weight" || name == "token_types.weight";
}

// The share of a tensor's weights that one token meets.
struct ExpertShare {
  uint64_t used = 1;
  uint64_t count = 1;
  uint64_t of(const GgufTensor& tensor, uint64_t amount) const {
    return tensor.view.shape.num_dimensions() < 3 ? amount : amount / count * used;
  }
};

Result<ExpertShare> read_expert_share(const GgufFile& file, const std::string& prefix) {
  ExpertShare share;
  GANGLION_ASSIGN(const uint64_t count, file.get_unsigned_or(prefix + "expert_count", 0));
  GANGLION_ASSIGN(const uint64_t used, file.get_unsigned_or(prefix + "expert_used_count", 0));
  if (count > 0 && used > 0) share = {std::min(used, count), count};
  return share;
}

}  // namespace

double DecoderWork::visible_tokens(size_t position) const {
  const size_t visible = position + 1;
  return static_cast<double>(window == 0 ? visible : std::min(visible, window));
}

double DecoderWork::prefill_operations(size_t first_position, size_t num_tokens) const {
  double visible = 0;
  for (size_t i = 0; i < num_tokens; ++i) visible += visible_tokens(first_position + i);
  // Scores and mixed values.
  const double attention =
      4 * visible * static_cast<double>(query_size) * static_cast<double>(num_layers);
  const double layers = 2 * static_cast<double>(layer_weights) * static_cast<double>(num_tokens);
  return layers + attention + 2 * static_cast<double>(head_weights);
}

double DecoderWork::step_bytes(size_t position, DType cache_type, size_t num_streams) const {
  const DTypeTraits& traits = dtype_traits(cache_type);
  const double row = static_cast<double>(cache_size) * traits.block_bytes / traits.block_elements;
  return static_cast<double>(layer_bytes + head_bytes) + static_cast<double>(num_streams) *
                                                             visible_tokens(position) * row *
                                                             static_cast<double>(num_layers);
}

Result<DecoderWork> count_decoder_work(const GgufFile& file) {
  GANGLION_ASSIGN(const DecoderFile decoder, DecoderFile::create(file));
  const std::string prefix = decoder.architecture() + ".";
  const DecoderSizes& sizes = decoder.sizes();
  DecoderWork work;
  work.num_layers = sizes.num_layers;
  work.query_size = sizes.num_heads * sizes.head_dim;
  work.cache_size = 2 * sizes.num_kv_heads * sizes.head_dim;
  GANGLION_ASSIGN(work.window, file.get_unsigned_or(prefix + "attention.sliding_window", 0));
  GANGLION_ASSIGN(const ExpertShare experts, read_expert_share(file, prefix));
  // A file without an output matrix uses its embedding for it.
  const std::string_view head = file.find_tensor(kHead) != nullptr ? kHead : kEmbedding;
  std::map<DType, uint64_t> weights_of;
  for (const GgufTensor& tensor : file.tensors()) {
    const bool is_head = tensor.name == head;
    if (tensor.view.shape.num_dimensions() < 2 || (is_lookup(tensor.name) && !is_head)) continue;
    const auto count = static_cast<uint64_t>(tensor.view.shape.num_elements());
    const uint64_t weights = experts.of(tensor, count);
    const uint64_t bytes = experts.of(tensor, tensor.view.bytes.size());
    (is_head ? work.head_weights : work.layer_weights) += weights;
    (is_head ? work.head_bytes : work.layer_bytes) += bytes;
    weights_of[tensor.view.dtype] += weights;
  }
  const auto most =
      std::max_element(weights_of.begin(), weights_of.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most != weights_of.end()) work.weight_type = most->first;
  return work;
}

}  // namespace ganglion
