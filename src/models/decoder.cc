#include "models/decoder.h"

#include <algorithm>

#include "base/check.h"

namespace ganglion {
namespace {

// Calls body(linear) for every matrix that rows of activations pass through. Parts may be const.
template <typename Parts, typename Body>
void for_each_linear(Parts& parts, const Body& body) {
  const auto network = [&](auto& feed_forward) {
    body(feed_forward.up);
    body(feed_forward.down);
  };
  for (auto& layer : parts.layers) {
    body(layer.attention.query_key_value);
    body(layer.attention.output);
    if (auto* mixture = std::get_if<MixtureOfExperts>(&layer.feed_forward)) {
      body(mixture->router);
      for (auto& expert : mixture->experts) network(expert);
      if (mixture->shared_expert) network(*mixture->shared_expert);
    } else {
      network(std::get<FeedForward>(layer.feed_forward));
    }
  }
  body(parts.head);
}

}  // namespace

size_t Decoder::panels_bytes() const {
  size_t bytes = 0;
  for_each_linear(parts_, [&](const StoredLinear& linear) { bytes += linear.panels_bytes(); });
  return bytes;
}

Status Decoder::write_panels(ThreadPool& pool, const PanelRoom& room) const {
  Status status;
  for_each_linear(parts_, [&](const StoredLinear& linear) {
    if (status.ok()) status = linear.write_panels(pool, room);
  });
  return status;
}

void Decoder::use_panels(const std::byte* panels) {
  for_each_linear(parts_, [&](StoredLinear& linear) {
    linear.use_panels(panels);
    panels += linear.panels_bytes();
  });
}

Result<KvCache> Decoder::new_cache(DType type, size_t capacity, KvMemory* memory) const {
  return KvCache::create(parts_.sizes.num_layers, parts_.sizes.num_kv_heads, parts_.sizes.head_dim,
                         type, capacity, memory);
}

bool Decoder::has_long_rope(size_t capacity) const {
  return std::any_of(parts_.ropes.begin(), parts_.ropes.end(),
                     [&](const Rope& rope) { return rope.is_long(capacity); });
}

void Decoder::embed(const KernelTable& kernels, int32_t token, size_t position, float* out) const {
  GANGLION_ASSERT(token >= 0);
  const size_t hidden_size = parts_.sizes.hidden_size;
  const float* row = parts_.embedding.rows(kernels, static_cast<size_t>(token), 1, out);
  for (size_t i = 0; i < hidden_size; ++i) out[i] = row[i] * parts_.embedding_scale;
  if (!parts_.positions) return;
  thread_local AlignedVector<float> expanded;
  const float* addend =
      parts_.positions->rows(kernels, position, 1, make_room(expanded, hidden_size));
  for (size_t i = 0; i < hidden_size; ++i) out[i] += addend[i];
}

void Decoder::forward(const Compute& compute, std::span<const PassSequence> sequences,
                      DecoderScratch& scratch, float* hidden) const {
  const size_t hidden_size = parts_.sizes.hidden_size;
  std::vector<PassRow> rows;
  std::vector<RopeAngles> angles(parts_.ropes.size());
  for (const PassSequence& sequence : sequences) {
    sequence.cache->resize(sequence.end());
    sequence.cache->make_writable(sequence.first_position, sequence.end());
    const size_t capacity = sequence.cache->capacity();
    const size_t num_tokens = sequence.tokens.size();
    for (size_t i = 0; i < angles.size(); ++i) {
      const Rope& rope = parts_.ropes[i];
      if (sequence.parents.empty()) {
        rope.angles(sequence.first_position, num_tokens, capacity, angles[i], rows.size());
        continue;
      }
      for (size_t token = 0; token < num_tokens; ++token) {
        rope.angles(sequence.position(token), 1, capacity, angles[i], rows.size() + token);
      }
    }
    for (size_t token = 0; token < num_tokens; ++token) rows.push_back({&sequence, token});
  }
  for_each_row(compute, rows.size(), [&](size_t row) {
    const auto [sequence, token] = rows[row];
    embed(compute.kernels, sequence->tokens[token], sequence->position(token),
          hidden + row * hidden_size);
  });
  const DecoderPass pass = {compute, scratch, sequences, rows, angles};
  for (size_t layer = 0; layer < parts_.layers.size(); ++layer) {
    parts_.layers[layer].forward(pass, layer, hidden_size, hidden);
  }
}

void Decoder::logits(const Compute& compute, float* hidden, size_t num_rows, float* out) const {
  parts_.output_norm->forward(compute, hidden, num_rows, hidden);
  parts_.head.forward(compute, hidden, num_rows, out);
  if (parts_.logit_soft_cap <= 0) return;
  const size_t vocabulary_size = parts_.sizes.vocabulary_size;
  for_each_row(compute, num_rows, [&](size_t row) {
    compute.kernels.soft_cap(out + row * vocabulary_size, vocabulary_size, parts_.logit_soft_cap);
  });
}

void Decoder::logits_of(const Compute& compute, std::span<const int32_t> ids, float* hidden,
                        float* out) const {
  parts_.output_norm->forward(compute, hidden, 1, hidden);
  parts_.head.forward_chosen(compute, hidden, ids, out);
  if (parts_.logit_soft_cap <= 0) return;
  compute.kernels.soft_cap(out, ids.size(), parts_.logit_soft_cap);
}

void Decoder::shift(KvCache& cache, size_t begin, size_t end, size_t length) const {
  GANGLION_ASSERT(can_shift() && begin <= end && end <= length);
  cache.make_writable(begin, length - (end - begin));
  const size_t head_dim = parts_.sizes.head_dim;
  std::vector<RopeAngles> angles(parts_.ropes.size());
  for (size_t i = 0; i < angles.size(); ++i) {
    parts_.ropes[i].angles_back(end - begin, cache.capacity(), angles[i]);
  }
  AlignedVector<float> key(head_dim);
  for (size_t layer = 0; layer < parts_.layers.size(); ++layer) {
    const std::optional<size_t> rope = parts_.layers[layer].attention.rope;
    for (size_t head = 0; head < parts_.sizes.num_kv_heads; ++head) {
      for (size_t from = end; from < length; ++from) {
        const size_t to = from - (end - begin);
        cache.copy_row(layer, KvKind::kValue, head, from, to);
        if (!rope) {
          cache.copy_row(layer, KvKind::kKey, head, from, to);
          continue;
        }
        cache.read(layer, KvKind::kKey, head, from, key.data());
        angles[*rope].rotate(key.data(), 1, head_dim, 0);
        cache.write(layer, KvKind::kKey, head, to, key.data());
      }
    }
  }
}

}  // namespace ganglion
