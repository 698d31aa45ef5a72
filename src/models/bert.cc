#include "models/bert.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "nn/compute.h"

namespace ganglion {
namespace {

// Rows of F gates and F values, [T, 2F], become silu(gate) * value, [T, F], in place; or gelu.
void gate_rows(const KernelTable& kernels, Gate gate, float* rows, size_t num_rows, size_t size) {
  for (size_t row = 0; row < num_rows; ++row) {
    float* gates = rows + row * 2 * size;
    if (gate == Gate::kSilu) {
      kernels.silu(gates, size);
    } else {
      kernels.gelu(gates, size);
    }
    float* out = rows + row * size;
    for (size_t i = 0; i < size; ++i) out[i] = gates[i] * gates[size + i];
  }
}

}  // namespace

Bert::Bert(BertConfig config, Embedding words, LayerNorm embedding_norm)
    : config_(std::move(config)),
      words_(std::move(words)),
      embedding_norm_(std::move(embedding_norm)) {
  if (config_.positions == Positions::kDistance) {
    distance_slopes_ = alibi_slopes(config_.num_heads);
  }
  if (config_.positions != Positions::kRotary) return;
  RopeSettings settings;
  settings.pairs = RopePairs::kHalves;
  settings.num_rotated = config_.head_dim();
  settings.theta = config_.rope_theta;
  rope_.emplace(settings);
}

void Bert::forward(const KernelTable& kernels, const TokenBatch& batch, std::span<float> hidden,
                   BertScratch& scratch) const {
  const size_t num_tokens = batch.ids.size();
  GANGLION_ASSERT(std::accumulate(batch.lengths.begin(), batch.lengths.end(), size_t{0}) ==
                  num_tokens);
  GANGLION_ASSERT(batch.types.empty() || batch.types.size() == num_tokens);
  GANGLION_ASSERT(hidden.size() == num_tokens * config_.hidden_size);
  prepare(batch, scratch);
  embed(kernels, batch, hidden.data());
  for (const Layer& layer : layers_) {
    attend(kernels, layer, batch, hidden.data(), scratch);
    feed_forward(kernels, layer, num_tokens, hidden.data(), scratch);
  }
}

void Bert::prepare(const TokenBatch& batch, BertScratch& scratch) const {
  if (!rope_) return;
  const size_t longest = *std::max_element(batch.lengths.begin(), batch.lengths.end());
  rope_->angles(0, longest, longest, scratch.angles);
}

void Bert::embed(const KernelTable& kernels, const TokenBatch& batch, float* hidden) const {
  size_t token = 0;
  for (const size_t length : batch.lengths) {
    GANGLION_ASSERT(length >= 1 && length <= config_.max_positions);
    for (size_t position = 0; position < length; ++position, ++token) {
      float* out = hidden + token * config_.hidden_size;
      words_.copy_row(static_cast<size_t>(batch.ids[token]), out);
      const int32_t type = batch.types.empty() ? 0 : batch.types[token];
      if (token_types_) token_types_->add_row(static_cast<size_t>(type), out);
      if (positions_) positions_->add_row(position, out);
    }
  }
  embedding_norm_.forward(kernels, hidden, nullptr, batch.ids.size());
}

void Bert::attend(const KernelTable& kernels, const Layer& layer, const TokenBatch& batch,
                  float* hidden, BertScratch& scratch) const {
  const size_t size = config_.hidden_size;
  const size_t num_tokens = batch.ids.size();
  float* qkv = make_room(scratch.qkv, num_tokens * 3 * size);
  float* attended = make_room(scratch.attended, num_tokens * size);
  float* projected = make_room(scratch.projected, num_tokens * size);
  layer.query_key_value.forward(kernels, hidden, num_tokens, qkv, scratch.linear);
  size_t first = 0;
  for (const size_t length : batch.lengths) {
    float* rows = qkv + first * 3 * size;
    for (size_t position = 0; rope_ && position < length; ++position) {
      // Queries and keys lie side by side: twice the heads.
      scratch.angles.rotate(rows + position * 3 * size, 2 * config_.num_heads, config_.head_dim(),
                            position);
    }
    self_attention(kernels, rows, length, config_.num_heads, config_.head_dim(), distance_slopes_,
                   attended + first * size, scratch.attention);
    first += length;
  }
  layer.attention_output.forward(kernels, attended, num_tokens, projected, scratch.linear);
  layer.attention_norm.forward(kernels, hidden, projected, num_tokens);
}

void Bert::feed_forward(const KernelTable& kernels, const Layer& layer, size_t num_tokens,
                        float* hidden, BertScratch& scratch) const {
  const size_t wide = config_.intermediate_size;
  float* projected = make_room(scratch.projected, num_tokens * config_.hidden_size);
  float* expanded =
      make_room(scratch.expanded, num_tokens * (config_.gate == Gate::kNone ? 1 : 2) * wide);
  layer.up.forward(kernels, hidden, num_tokens, expanded, scratch.linear);
  if (config_.gate == Gate::kNone) {
    kernels.gelu(expanded, num_tokens * wide);
  } else {
    gate_rows(kernels, config_.gate, expanded, num_tokens, wide);
  }
  layer.down.forward(kernels, expanded, num_tokens, projected, scratch.linear);
  layer.output_norm.forward(kernels, hidden, projected, num_tokens);
}

void Bert::pool(std::span<const float> hidden, std::span<float> pooled) const {
  const size_t size = config_.hidden_size;
  GANGLION_ASSERT(pooled.size() == size && hidden.size() >= size);
  std::copy_n(hidden.begin(), size, pooled.begin());
  if (config_.pooling == Pooling::kCls || config_.pooling == Pooling::kRank) return;
  const size_t num_rows = hidden.size() / size;
  for (size_t i = 1; i < num_rows; ++i) {
    for (size_t j = 0; j < size; ++j) pooled[j] += hidden[i * size + j];
  }
  for (float& value : pooled) value /= static_cast<float>(num_rows);
}

}  // namespace ganglion
