#include "nn/kv_cache.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/check.h"
#include "kernels/expand.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

constexpr int8_t kSign = INT8_MIN;  // the bit that makes q q + 128 without a sign
constexpr size_t kKeyGroup = 32;    // elements of an 8-bit key that share a scale

template <uint16_t (*convert)(float)>
void store_halves(const float* row, size_t size, std::byte* out) {
  for (size_t i = 0; i < size; ++i) {
    const uint16_t half = convert(row[i]);
    std::memcpy(out + i * sizeof(half), &half, sizeof(half));
  }
}

// Rounds `size` values to whole steps of the scale that is returned, as float16: the largest
// becomes 127. What holds NaN or infinity has the scale NaN.
uint16_t store_bytes(const float* row, size_t size, int8_t* q) {
  float largest = 0;
  bool is_finite = true;
  for (size_t i = 0; i < size; ++i) {
    largest = std::max(largest, std::fabs(row[i]));
    is_finite = is_finite && std::isfinite(row[i]);
  }
  const float scale = f32_from_f16(f16_from_f32(largest / 127.0F));
  if (!is_finite || std::isinf(scale)) {
    std::fill_n(q, size, int8_t{0});
    return f16_from_f32(std::numeric_limits<float>::quiet_NaN());
  }
  for (size_t i = 0; i < size; ++i) {
    const float steps = scale > 0 ? std::nearbyint(row[i] / scale) : 0.0F;
    q[i] = static_cast<int8_t>(std::clamp(steps, -127.0F, 127.0F));
  }
  return f16_from_f32(scale);
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
  cache.capacity_ = capacity;
  cache.type_ = type;
  cache.memory_ = memory;
  return cache;
}

size_t KvCache::num_scales(KvKind kind) const {
  if (type_ != DType::kQ8_0) return 0;
  return kind == KvKind::kKey ? head_dim_ / kKeyGroup : 1;
}

size_t KvCache::element_bytes() const {
  return type_ == DType::kF32 ? 4 : type_ == DType::kQ8_0 ? 1 : 2;
}

size_t KvCache::run_length() const {
  return type_ == DType::kBF16 ? 2 : type_ == DType::kQ8_0 ? 4 : 1;
}

size_t KvCache::row_bytes(KvKind kind) const {
  return num_scales(kind) * sizeof(uint16_t) + head_dim_ * element_bytes();
}

size_t KvCache::bytes(size_t num_tokens) const {
  const size_t num_blocks = (num_tokens + kBlockTokens - 1) / kBlockTokens;
  return num_blocks * num_layers_ * num_heads_ * kBlockTokens *
         (row_bytes(KvKind::kKey) + row_bytes(KvKind::kValue));
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
  const size_t keys = num_heads_ * row_bytes(KvKind::kKey);  // of a token in a layer
  const size_t values = num_heads_ * row_bytes(KvKind::kValue);
  const size_t before = layer * (keys + values) + (kind == KvKind::kKey ? 0 : keys);
  return kBlockTokens * (before + head * row_bytes(kind));
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
  const size_t size = element_bytes();
  const size_t first = num_scales(kind) * kBlockTokens * sizeof(uint16_t);
  for (size_t i = 0; i < num_scales(kind); ++i) {
    body((i * kBlockTokens + at) * sizeof(uint16_t), sizeof(uint16_t));
  }
  const size_t run = run_length();
  if (kind == KvKind::kValue && run == 1) return body(at * head_dim_ * size, head_dim_ * size);
  for (size_t i = 0; i < head_dim_; ++i) {
    const size_t element = kind == KvKind::kKey ? (i / run * kBlockTokens + at) * run + i % run
                                                : (at / run * head_dim_ + i) * run + at % run;
    body(first + element * size, size);
  }
}

void KvCache::write(size_t layer, KvKind kind, size_t head, size_t position, const float* row) {
  thread_local std::vector<std::byte> stored;  // scales and elements, as for_each_piece has them
  stored.resize(row_bytes(kind));
  if (type_ == DType::kF32) {
    std::memcpy(stored.data(), row, stored.size());
  } else if (type_ == DType::kF16) {
    store_halves<f16_from_f32>(row, head_dim_, stored.data());
  } else if (type_ == DType::kBF16) {
    store_halves<bf16_from_f32>(row, head_dim_, stored.data());
  } else {
    const size_t group = head_dim_ / num_scales(kind);
    auto* q = reinterpret_cast<int8_t*>(stored.data() + num_scales(kind) * sizeof(uint16_t));
    for (size_t i = 0; i < num_scales(kind); ++i) {
      const uint16_t scale = store_bytes(row + i * group, group, q + i * group);
      std::memcpy(stored.data() + i * sizeof(scale), &scale, sizeof(scale));
    }
    // ScoreKeys has the codes of keys without a sign.
    for (size_t i = 0; kind == KvKind::kKey && i < head_dim_; ++i) q[i] ^= kSign;
  }
  std::byte* out = writable_plane(layer, kind, head, position);
  const std::byte* from = stored.data();
  for_each_piece(kind, position, [&](size_t offset, size_t size) {
    std::memcpy(out + offset, from, size);
    from += size;
  });
}

void KvCache::read(size_t layer, KvKind kind, size_t head, size_t position, float* row) const {
  std::vector<std::byte> stored(row_bytes(kind));
  std::byte* to = stored.data();
  const std::byte* from = plane(layer, kind, head, position);
  for_each_piece(kind, position, [&](size_t offset, size_t size) {
    std::memcpy(to, from + offset, size);
    to += size;
  });
  if (type_ != DType::kQ8_0) return expand_blocks(type_, stored.data(), head_dim_, row);
  const auto* q =
      reinterpret_cast<const int8_t*>(stored.data() + num_scales(kind) * sizeof(uint16_t));
  for (size_t i = 0; i < head_dim_; ++i) {
    uint16_t scale = 0;
    std::memcpy(&scale, stored.data() + i * num_scales(kind) / head_dim_ * sizeof(scale),
                sizeof(scale));
    const auto steps = static_cast<int8_t>(kind == KvKind::kKey ? q[i] ^ kSign : q[i]);
    row[i] = static_cast<float>(steps) * f32_from_f16(scale);
  }
}

void KvCache::read_block(const KernelTable& kernels, size_t layer, size_t head, size_t index,
                         size_t count, float* keys, float* values, size_t value_stride) const {
  GANGLION_ASSERT(count > 0 && count <= kBlockTokens && value_stride >= head_dim_);
  GANGLION_ASSERT(type_ == DType::kF32 || type_ == DType::kF16);
  const std::byte* key_plane = plane(layer, KvKind::kKey, head, index * kBlockTokens);
  const std::byte* value_plane = plane(layer, KvKind::kValue, head, index * kBlockTokens);
  kernels.expand_blocks(type_, key_plane, head_dim_ * kBlockTokens, keys);
  if (value_stride == head_dim_) {
    kernels.expand_blocks(type_, value_plane, count * head_dim_, values);
  } else {
    for (size_t row = 0; row < count; ++row) {
      float* out = values + row * value_stride;
      kernels.expand_blocks(type_, value_plane + row * row_bytes(KvKind::kValue), head_dim_, out);
      std::fill(out + head_dim_, out + value_stride, 0.0F);
    }
  }
  std::fill(values + count * value_stride, values + kBlockTokens * value_stride, 0.0F);
}

const uint16_t* KvCache::pairs(size_t layer, KvKind kind, size_t head, size_t index) const {
  GANGLION_ASSERT(type_ == DType::kBF16);
  return reinterpret_cast<const uint16_t*>(plane(layer, kind, head, index * kBlockTokens));
}

const std::byte* KvCache::quads(size_t layer, KvKind kind, size_t head, size_t index) const {
  GANGLION_ASSERT(type_ == DType::kQ8_0);
  return plane(layer, kind, head, index * kBlockTokens) +
         num_scales(kind) * kBlockTokens * sizeof(uint16_t);
}

void KvCache::read_scales(const KernelTable& kernels, size_t layer, KvKind kind, size_t head,
                          size_t index, float* scales) const {
  GANGLION_ASSERT(type_ == DType::kQ8_0);
  kernels.expand_blocks(DType::kF16, plane(layer, kind, head, index * kBlockTokens),
                        num_scales(kind) * kBlockTokens, scales);
}

void KvCache::prefetch(size_t layer, size_t head, size_t index) const {
  constexpr size_t kLineBytes = 64;
  for (const KvKind kind : {KvKind::kKey, KvKind::kValue}) {
    const std::byte* begin = plane(layer, kind, head, index * kBlockTokens);
    for (size_t i = 0; i < kBlockTokens * row_bytes(kind); i += kLineBytes) {
      __builtin_prefetch(begin + i, 0, 2);
    }
  }
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
