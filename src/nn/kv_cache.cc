#include "nn/kv_cache.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "kernels/expand.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

constexpr size_t kQ8Block = 32;

template <uint16_t (*convert)(float)>
void store_halves(const float* row, size_t size, std::byte* out) {
  for (size_t i = 0; i < size; ++i) {
    const uint16_t half = convert(row[i]);
    std::memcpy(out + i * sizeof(half), &half, sizeof(half));
  }
}

// As ggml's quantize_row_q8_0: a scale of max |x| / 127, rounded values. Scales and blocks of
// values lie `..._step` bytes apart.
void store_q8_0(const float* row, size_t size, std::byte* scales, size_t scale_step,
                std::byte* quanta, size_t quanta_step) {
  for (size_t first = 0; first < size; first += kQ8Block) {
    float largest = 0;
    for (size_t i = 0; i < kQ8Block; ++i) largest = std::max(largest, std::fabs(row[first + i]));
    const float scale = largest / 127.0F;
    const float inverse = scale > 0 ? 1.0F / scale : 0.0F;
    const uint16_t half = f16_from_f32(scale);
    std::memcpy(scales, &half, sizeof(half));
    for (size_t i = 0; i < kQ8Block; ++i) {
      quanta[i] = static_cast<std::byte>(static_cast<int8_t>(std::round(row[first + i] * inverse)));
    }
    scales += scale_step;
    quanta += quanta_step;
  }
}

// A block's keys [d, kBlockTokens].
void expand_q8_0_keys(const std::byte* plane, size_t head_dim, float* keys) {
  constexpr size_t kTokens = KvCache::kBlockTokens;
  const auto* quanta =
      reinterpret_cast<const int8_t*>(plane + head_dim / kQ8Block * kTokens * sizeof(uint16_t));
  std::array<float, kTokens> scales = {};
  for (size_t i = 0; i < head_dim; ++i) {
    for (size_t token = 0; i % kQ8Block == 0 && token < kTokens; ++token) {
      uint16_t half = 0;
      std::memcpy(&half, plane + (i / kQ8Block * kTokens + token) * sizeof(half), sizeof(half));
      scales[token] = f32_from_f16(half);
    }
    for (size_t token = 0; token < kTokens; ++token) {
      keys[i * kTokens + token] = static_cast<float>(quanta[i * kTokens + token]) * scales[token];
    }
  }
}

}  // namespace

Result<KvCache> KvCache::create(size_t num_layers, size_t num_kv_heads, size_t head_dim, DType type,
                                size_t capacity, KvMemory* memory) {
  if (type != DType::kF32 && type != DType::kF16 && type != DType::kBF16 && type != DType::kQ8_0) {
    return fail(ErrorCode::kInvalidArgument,
                "key/value cache: expected type F32, F16, BF16 or Q8_0, found {}",
                dtype_traits(type).name);
  }
  const DTypeTraits& traits = dtype_traits(type);
  const size_t multiple = type == DType::kBF16 ? 2 : traits.block_elements;
  if (head_dim % multiple != 0) {
    return fail(ErrorCode::kInvalidArgument,
                "key/value cache: {} needs heads of a multiple of {} elements, found {}; use F16",
                traits.name, multiple, head_dim);
  }
  KvCache cache;
  cache.num_layers_ = num_layers;
  cache.num_heads_ = num_kv_heads;
  cache.head_dim_ = head_dim;
  cache.row_bytes_ = head_dim / traits.block_elements * traits.block_bytes;
  cache.capacity_ = capacity;
  cache.type_ = type;
  cache.memory_ = memory;
  return cache;
}

size_t KvCache::bytes(size_t num_tokens) const {
  const size_t num_blocks = (num_tokens + kBlockTokens - 1) / kBlockTokens;
  return num_blocks * num_layers_ * 2 * num_heads_ * kBlockTokens * row_bytes_;
}

void KvCache::resize(size_t length) {
  GANGLION_ASSERT(length <= capacity_);
  const size_t num_blocks = (length + kBlockTokens - 1) / kBlockTokens;
  if (slots_.size() > num_blocks) slots_.resize(num_blocks);
  while (slots_.size() < num_blocks) {
    slots_.push_back({std::make_shared<KvBlock>(bytes(kBlockTokens), memory_), false});
  }
}

void KvCache::make_writable(size_t first, size_t end) {
  for (size_t index = first / kBlockTokens; index * kBlockTokens < end; ++index) {
    Slot& slot = slots_.at(index);
    if (!slot.is_shared) continue;
    auto copy = std::make_shared<KvBlock>(slot.block->size(), memory_);
    std::memcpy(copy->data(), slot.block->data(), copy->size());
    slot = {std::move(copy), false};
  }
}

size_t KvCache::plane_offset(size_t layer, KvKind kind, size_t head) const {
  GANGLION_ASSERT(layer < num_layers_ && head < num_heads_);
  const size_t plane = (layer * 2 + (kind == KvKind::kKey ? 0 : 1)) * num_heads_ + head;
  return plane * kBlockTokens * row_bytes_;
}

const std::byte* KvCache::plane(size_t layer, KvKind kind, size_t head, size_t position) const {
  GANGLION_ASSERT(position / kBlockTokens < slots_.size());
  return slots_[position / kBlockTokens].block->data() + plane_offset(layer, kind, head);
}

std::byte* KvCache::writable_plane(size_t layer, KvKind kind, size_t head, size_t position) {
  GANGLION_ASSERT(position / kBlockTokens < slots_.size());
  Slot& slot = slots_[position / kBlockTokens];
  GANGLION_ASSERT(!slot.is_shared);
  return slot.block->data() + plane_offset(layer, kind, head);
}

template <typename Body>
void KvCache::for_each_piece(KvKind kind, size_t position, const Body& body) const {
  const size_t at = position % kBlockTokens;
  if (type_ == DType::kBF16) {
    for (size_t i = 0; i < head_dim_; ++i) {
      const size_t element = kind == KvKind::kKey ? (i / 2 * kBlockTokens + at) * 2 + i % 2
                                                  : (at / 2 * head_dim_ + i) * 2 + at % 2;
      body(element * sizeof(uint16_t), sizeof(uint16_t));
    }
    return;
  }
  if (kind == KvKind::kValue) return body(at * row_bytes_, row_bytes_);
  const size_t num_scales = type_ == DType::kQ8_0 ? head_dim_ / kQ8Block : 0;
  for (size_t i = 0; i < num_scales; ++i) {
    body((i * kBlockTokens + at) * sizeof(uint16_t), sizeof(uint16_t));
  }
  const size_t first = num_scales * kBlockTokens * sizeof(uint16_t);
  const size_t size = type_ == DType::kF32 ? 4 : type_ == DType::kF16 ? 2 : 1;
  for (size_t i = 0; i < head_dim_; ++i) body(first + (i * kBlockTokens + at) * size, size);
}

void KvCache::write(size_t layer, KvKind kind, size_t head, size_t position, const float* row) {
  // As a value lies; a key's pieces are in the same order, but for Q8_0, whose scales come first.
  thread_local std::vector<std::byte> stored;
  stored.resize(row_bytes_);
  if (type_ == DType::kF32) {
    std::memcpy(stored.data(), row, row_bytes_);
  } else if (type_ == DType::kF16) {
    store_halves<f16_from_f32>(row, head_dim_, stored.data());
  } else if (type_ == DType::kBF16) {
    store_halves<bf16_from_f32>(row, head_dim_, stored.data());
  } else if (kind == KvKind::kValue) {
    store_q8_0(row, head_dim_, stored.data(), sizeof(uint16_t) + kQ8Block,
               stored.data() + sizeof(uint16_t), sizeof(uint16_t) + kQ8Block);
  } else {
    store_q8_0(row, head_dim_, stored.data(), sizeof(uint16_t),
               stored.data() + head_dim_ / kQ8Block * sizeof(uint16_t), kQ8Block);
  }
  std::byte* out = writable_plane(layer, kind, head, position);
  const std::byte* from = stored.data();
  for_each_piece(kind, position, [&](size_t offset, size_t size) {
    std::memcpy(out + offset, from, size);
    from += size;
  });
}

void KvCache::read(size_t layer, KvKind kind, size_t head, size_t position, float* row) const {
  std::vector<std::byte> stored(row_bytes_);
  std::byte* to = stored.data();
  const std::byte* from = plane(layer, kind, head, position);
  for_each_piece(kind, position, [&](size_t offset, size_t size) {
    std::memcpy(to, from + offset, size);
    to += size;
  });
  if (type_ == DType::kQ8_0 && kind == KvKind::kKey) {
    const std::byte* quanta = stored.data() + head_dim_ / kQ8Block * sizeof(uint16_t);
    for (size_t i = 0; i < head_dim_; ++i) {
      uint16_t half = 0;
      std::memcpy(&half, stored.data() + i / kQ8Block * sizeof(half), sizeof(half));
      row[i] = static_cast<float>(static_cast<int8_t>(quanta[i])) * f32_from_f16(half);
    }
    return;
  }
  expand_blocks(type_, stored.data(), head_dim_, row);
}

void KvCache::read_block(const KernelTable& kernels, size_t layer, size_t head, size_t index,
                         size_t count, float* keys, float* values, size_t value_stride) const {
  GANGLION_ASSERT(count > 0 && count <= kBlockTokens && value_stride >= head_dim_);
  GANGLION_ASSERT(type_ != DType::kBF16);
  const std::byte* key_plane = plane(layer, KvKind::kKey, head, index * kBlockTokens);
  const std::byte* value_plane = plane(layer, KvKind::kValue, head, index * kBlockTokens);
  if (type_ == DType::kQ8_0) {
    expand_q8_0_keys(key_plane, head_dim_, keys);
  } else {
    kernels.expand_blocks(type_, key_plane, head_dim_ * kBlockTokens, keys);
  }
  if (value_stride == head_dim_) {
    kernels.expand_blocks(type_, value_plane, count * head_dim_, values);
  } else {
    for (size_t row = 0; row < count; ++row) {
      float* out = values + row * value_stride;
      kernels.expand_blocks(type_, value_plane + row * row_bytes_, head_dim_, out);
      std::fill(out + head_dim_, out + value_stride, 0.0F);
    }
  }
  std::fill(values + count * value_stride, values + kBlockTokens * value_stride, 0.0F);
}

const uint16_t* KvCache::pairs(size_t layer, KvKind kind, size_t head, size_t index) const {
  GANGLION_ASSERT(type_ == DType::kBF16);
  return reinterpret_cast<const uint16_t*>(plane(layer, kind, head, index * kBlockTokens));
}

void KvCache::copy_row(size_t layer, KvKind kind, size_t head, size_t from, size_t to) {
  const std::byte* source = plane(layer, kind, head, from);
  std::byte* target = writable_plane(layer, kind, head, to);
  std::vector<size_t> offsets;
  for_each_piece(kind, from, [&](size_t offset, size_t) { offsets.push_back(offset); });
  size_t piece = 0;
  for_each_piece(kind, to, [&](size_t offset, size_t size) {
    std::memcpy(target + offset, source + offsets[piece++], size);
  });
}

KvCache KvCache::fork() {
  for (Slot& slot : slots_) slot.is_shared = true;
  return *this;
}

std::shared_ptr<KvBlock> KvCache::share(size_t index) {
  slots_.at(index).is_shared = true;
  return slots_[index].block;
}

void KvCache::put(size_t index, std::shared_ptr<KvBlock> block) {
  GANGLION_ASSERT(index <= slots_.size() && block->size() == bytes(kBlockTokens));
  if (index == slots_.size()) slots_.emplace_back();
  slots_[index] = {std::move(block), true};
}

}  // namespace ganglion
