#include "models/bert.h"

#include <algorithm>
#include <barrier>
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
  check(batch, hidden);
  prepare(batch, scratch);
  float* qkv = make_room(scratch.qkv, batch.ids.size() * 3 * config_.hidden_size);
  const Pass pass = {batch, hidden.data(), {qkv, qkv}, &scratch.angles, [] {}};
  run_part(kernels, pass, {0, batch.ids.size()}, scratch);
}

void Bert::forward(const KernelTable& kernels, const TokenBatch& batch, std::span<float> hidden,
                   std::span<BertScratch> scratches, ThreadPool& pool) const {
  check(batch, hidden);
  const size_t num_parts = scratches.size();
  GANGLION_ASSERT(num_parts == pool.num_threads() && num_parts >= 2);
  prepare(batch, scratches[0]);
  const size_t num_tokens = batch.ids.size();
  const size_t qkv_size = num_tokens * 3 * config_.hidden_size;
  std::barrier<> together(static_cast<std::ptrdiff_t>(num_parts));
  // A part may write the next layer's queries, keys and values while another reads this layer's.
  const Pass pass = {batch,
                     hidden.data(),
                     {make_room(scratches[0].qkv, qkv_size), make_room(scratches[1].qkv, qkv_size)},
                     &scratches[0].angles,
                     [&] { together.arrive_and_wait(); }};
  // As many ranges as threads: each thread takes one, since none returns before all have one.
  pool.parallel_for(num_parts, 1, [&](size_t index, size_t) {
    const TokenRange part = {num_tokens * index / num_parts, num_tokens * (index + 1) / num_parts};
    run_part(kernels, pass, part, scratches[index]);
  });
}

void Bert::check(const TokenBatch& batch, std::span<const float> hidden) const {
  const size_t num_tokens = batch.ids.size();
  GANGLION_ASSERT(std::accumulate(batch.lengths.begin(), batch.lengths.end(), size_t{0}) ==
                  num_tokens);
  GANGLION_ASSERT(batch.types.empty() || batch.types.size() == num_tokens);
  GANGLION_ASSERT(hidden.size() == num_tokens * config_.hidden_size);
}

void Bert::prepare(const TokenBatch& batch, BertScratch& scratch) const {
  if (!rope_) return;
  const size_t longest = *std::max_element(batch.lengths.begin(), batch.lengths.end());
  rope_->angles(0, longest, longest, scratch.angles);
}

void Bert::run_part(const KernelTable& kernels, const Pass& pass, TokenRange part,
                    BertScratch& scratch) const {
  embed(kernels, pass, part);
  float* hidden = pass.hidden + part.begin * config_.hidden_size;
  for (size_t i = 0; i < layers_.size(); ++i) {
    attend(kernels, layers_[i], pass, part, pass.qkv[i % 2], scratch);
    feed_forward(kernels, layers_[i], part.end - part.begin, hidden, scratch);
  }
}

void Bert::embed(const KernelTable& kernels, const Pass& pass, TokenRange part) const {
  size_t token = 0;
  for (const size_t length : pass.batch.lengths) {
    GANGLION_ASSERT(length >= 1 && length <= config_.max_positions);
    for (size_t position = 0; position < length; ++position, ++token) {
      if (token < part.begin || token >= part.end) continue;
      float* out = pass.hidden + token * config_.hidden_size;
      words_.copy_row(static_cast<size_t>(pass.batch.ids[token]), out);
      const int32_t type = pass.batch.types.empty() ? 0 : pass.batch.types[token];
      if (token_types_) token_types_->add_row(static_cast<size_t>(type), out);
      if (positions_) positions_->add_row(position, out);
    }
  }
  embedding_norm_.forward(kernels, pass.hidden + part.begin * config_.hidden_size, nullptr,
                          part.end - part.begin);
}

void Bert::attend(const KernelTable& kernels, const Layer& layer, const Pass& pass, TokenRange part,
                  float* qkv, BertScratch& scratch) const {
  const size_t size = config_.hidden_size;
  const size_t num_tokens = part.end - part.begin;
  float* hidden = pass.hidden + part.begin * size;
  float* attended = make_room(scratch.attended, num_tokens * size);
  float* projected = make_room(scratch.projected, num_tokens * size);
  layer.query_key_value.forward(kernels, hidden, num_tokens, qkv + part.begin * 3 * size,
                                scratch.linear);
  if (rope_) rotate(pass, part, qkv);
  pass.wait();
  attend_tokens(kernels, pass, part, qkv, attended, scratch.attention);
  layer.attention_output.forward(kernels, attended, num_tokens, projected, scratch.linear);
  layer.attention_norm.forward(kernels, hidden, projected, num_tokens);
}

void Bert::rotate(const Pass& pass, TokenRange part, float* qkv) const {
  size_t token = 0;
  for (const size_t length : pass.batch.lengths) {
    for (size_t position = 0; position < length; ++position, ++token) {
      if (token < part.begin || token >= part.end) continue;
      // Queries and keys lie side by side: twice the heads.
      pass.angles->rotate(qkv + token * 3 * config_.hidden_size, 2 * config_.num_heads,
                          config_.head_dim(), position);
    }
  }
}

void Bert::attend_tokens(const KernelTable& kernels, const Pass& pass, TokenRange part,
                         const float* qkv, float* attended, AttentionScratch& scratch) const {
  const size_t size = config_.hidden_size;
  size_t first = 0;
  for (const size_t length : pass.batch.lengths) {
    const size_t begin = std::clamp(part.begin, first, first + length);
    const size_t end = std::clamp(part.end, first, first + length);
    if (begin < end) {
      self_attention(kernels, precision_, qkv + first * 3 * size, length,
                     {begin - first, end - first}, config_.num_heads, config_.head_dim(),
                     distance_slopes_, attended + (begin - part.begin) * size, scratch);
    }
    first += length;
  }
}

void Bert::feed_forward(const KernelTable& kernels, const Layer& layer, size_t num_tokens,
                        float* hidden, BertScratch& scratch) const {
  const size_t wide = config_.intermediate_size;
  float* projected = make_room(scratch.projected, num_tokens * config_.hidden_size);
  if (config_.gate == Gate::kNone) {
    layer.up.forward_twice(kernels, layer.down, kernels.gelu, hidden, num_tokens, projected,
                           scratch.linear);
  } else {
    float* expanded = make_room(scratch.expanded, num_tokens * 2 * wide);
    layer.up.forward(kernels, hidden, num_tokens, expanded, scratch.linear);
    gate_rows(kernels, config_.gate, expanded, num_tokens, wide);
    layer.down.forward(kernels, expanded, num_tokens, projected, scratch.linear);
  }
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
