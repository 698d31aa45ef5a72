#include "models/bert.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"

namespace ganglion {
namespace {

float* at_least(AlignedVector<float>& buffer, size_t size) {
  if (buffer.size() < size) buffer.resize(size);
  return buffer.data();
}

}  // namespace

Bert::Bert(BertConfig config, Embedding words, Embedding positions, LayerNorm embedding_norm)
    : config_(std::move(config)),
      words_(std::move(words)),
      positions_(std::move(positions)),
      embedding_norm_(std::move(embedding_norm)) {}

void Bert::forward(const KernelTable& kernels, std::span<const int32_t> ids,
                   std::span<const size_t> lengths, std::span<float> hidden,
                   BertScratch& scratch) const {
  GANGLION_ASSERT(std::accumulate(lengths.begin(), lengths.end(), size_t{0}) == ids.size());
  GANGLION_ASSERT(hidden.size() == ids.size() * config_.hidden_size);
  embed(kernels, ids, lengths, hidden.data());
  for (const Layer& layer : layers_) {
    attend(kernels, layer, lengths, ids.size(), hidden.data(), scratch);
    feed_forward(kernels, layer, ids.size(), hidden.data(), scratch);
  }
}

void Bert::embed(const KernelTable& kernels, std::span<const int32_t> ids,
                 std::span<const size_t> lengths, float* hidden) const {
  size_t token = 0;
  for (const size_t length : lengths) {
    GANGLION_ASSERT(length >= 1 && length <= config_.max_positions);
    for (size_t position = 0; position < length; ++position, ++token) {
      float* out = hidden + token * config_.hidden_size;
      words_.copy_row(static_cast<size_t>(ids[token]), out);
      if (token_types_) token_types_->add_row(0, out);
      positions_.add_row(position, out);
    }
  }
  embedding_norm_.forward(kernels, hidden, nullptr, ids.size());
}

void Bert::attend(const KernelTable& kernels, const Layer& layer, std::span<const size_t> lengths,
                  size_t num_tokens, float* hidden, BertScratch& scratch) const {
  const size_t size = config_.hidden_size;
  float* qkv = at_least(scratch.qkv, num_tokens * 3 * size);
  float* attended = at_least(scratch.attended, num_tokens * size);
  float* projected = at_least(scratch.projected, num_tokens * size);
  layer.query_key_value.forward(kernels, hidden, num_tokens, qkv, scratch.linear);
  size_t first = 0;
  for (const size_t length : lengths) {
    self_attention(kernels, qkv + first * 3 * size, length, config_.num_heads, config_.head_dim(),
                   attended + first * size, scratch.attention);
    first += length;
  }
  layer.attention_output.forward(kernels, attended, num_tokens, projected, scratch.linear);
  layer.attention_norm.forward(kernels, hidden, projected, num_tokens);
}

void Bert::feed_forward(const KernelTable& kernels, const Layer& layer, size_t num_tokens,
                        float* hidden, BertScratch& scratch) const {
  float* projected = at_least(scratch.projected, num_tokens * config_.hidden_size);
  float* expanded = at_least(scratch.expanded, num_tokens * config_.intermediate_size);
  layer.up.forward(kernels, hidden, num_tokens, expanded, scratch.linear);
  kernels.gelu(expanded, num_tokens * config_.intermediate_size);
  layer.down.forward(kernels, expanded, num_tokens, projected, scratch.linear);
  layer.output_norm.forward(kernels, hidden, projected, num_tokens);
}

void Bert::pool(std::span<const float> hidden, std::span<const size_t> lengths,
                std::span<float> pooled) const {
  const size_t size = config_.hidden_size;
  GANGLION_ASSERT(pooled.size() == lengths.size() * size);
  const float* row = hidden.data();
  for (size_t sequence = 0; sequence < lengths.size(); ++sequence) {
    float* out = pooled.data() + sequence * size;
    std::copy(row, row + size, out);
    const size_t num_rows = config_.pooling == Pooling::kCls ? 1 : lengths[sequence];
    for (size_t i = 1; i < num_rows; ++i) {
      for (size_t j = 0; j < size; ++j) out[j] += row[i * size + j];
    }
    for (size_t j = 0; j < size; ++j) out[j] /= static_cast<float>(num_rows);
    row += lengths[sequence] * size;
  }
}

}  // namespace ganglion
