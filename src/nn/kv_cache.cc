#include "nn/kv_cache.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

constexpr size_t kQ8Block = 32;

void store_f16(const float* row, size_t size, std::byte* out) {
  for (size_t i = 0; i < size; ++i) {
    const uint16_t half = f16_from_f32(row[i]);
    std::memcpy(out + i * sizeof(half), &half, sizeof(half));
  }
}

// As ggml's quantize_row_q8_0: a scale of max |x| / 127, rounded values.
void store_q8_0(const float* row, size_t size, std::byte* out) {
  for (size_t first = 0; first < size; first += kQ8Block) {
    float largest = 0;
    for (size_t i = 0; i < kQ8Block; ++i) largest = std::max(largest, std::fabs(row[first + i]));
    const float scale = largest / 127.0F;
    const float inverse = scale > 0 ? 1.0F / scale : 0.0F;
    const uint16_t half = f16_from_f32(scale);
    std::memcpy(out, &half, sizeof(half));
    out += sizeof(half);
    for (size_t i = 0; i < kQ8Block; ++i) {
      out[i] = static_cast<std::byte>(static_cast<int8_t>(std::round(row[first + i] * inverse)));
    }
    out += kQ8Block;
  }
}

}  // namespace

Result<KvCache> KvCache::create(size_t num_layers, size_t num_kv_heads, size_t head_dim, DType type,
                                size_t capacity, KvMemory* memory) {
  if (type != DType::kF32 && type != DType::kF16 && type != DType::kQ8_0) {
    return fail(ErrorCode::kInvalidArgument,
                "key/value cache: expected type F32, F16 or Q8_0, found {}",
                dtype_traits(type).name);
  }
  const DTypeTraits& traits = dtype_traits(type);
  if (head_dim % traits.block_elements != 0) {
    return fail(ErrorCode::kInvalidArgument,
                "key/value cache: {} needs heads of a multiple of {} elements, found {}; use F16",
                traits.name, traits.block_elements, head_dim);
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

size_t KvCache::row_offset(size_t layer, KvKind kind, size_t head, size_t position) const {
  GANGLION_ASSERT(layer < num_layers_ && head < num_heads_);
  GANGLION_ASSERT(position / kBlockTokens < slots_.size());
  const size_t plane = (layer * 2 + (kind == KvKind::kKey ? 0 : 1)) * num_heads_ + head;
  return (plane * kBlockTokens + position % kBlockTokens) * row_bytes_;
}

std::byte* KvCache::writable_row(size_t layer, KvKind kind, size_t head, size_t position) {
  const size_t offset = row_offset(layer, kind, head, position);
  Slot& slot = slots_[position / kBlockTokens];
  GANGLION_ASSERT(!slot.is_shared);
  return slot.block->data() + offset;
}

void KvCache::write(size_t layer, KvKind kind, size_t head, size_t position, const float* row) {
  std::byte* out = writable_row(layer, kind, head, position);
  if (type_ == DType::kF32) {
    std::memcpy(out, row, row_bytes_);
  } else if (type_ == DType::kF16) {
    store_f16(row, head_dim_, out);
  } else {
    store_q8_0(row, head_dim_, out);
  }
}

const float* KvCache::rows(const KernelTable& kernels, size_t layer, KvKind kind, size_t head,
                           size_t first, size_t count, float* scratch) const {
  GANGLION_ASSERT(count > 0 && first / kBlockTokens == (first + count - 1) / kBlockTokens);
  const size_t offset = row_offset(layer, kind, head, first);
  const KvBlock& block = *slots_[first / kBlockTokens].block;
  const std::byte* start = block.data() + offset;
  if (type_ == DType::kF32) return reinterpret_cast<const float*>(start);
  kernels.expand_blocks(type_, start, count * head_dim_, scratch);
  return scratch;
}

void KvCache::copy_row(size_t layer, KvKind kind, size_t head, size_t from, size_t to) {
  const size_t source = row_offset(layer, kind, head, from);
  std::memcpy(writable_row(layer, kind, head, to),
              slots_[from / kBlockTokens].block->data() + source, row_bytes_);
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
