// The keys and values that attention has computed for the tokens read so far.
// Letters: L layers, g key/value heads, d size of a head.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "kernels/aligned_vector.h"
#include "kernels/kernel_table.h"
#include "tensor/dtype.h"

namespace ganglion {

enum class KvKind { kKey, kValue };

// How much memory the blocks of some caches take together, each block once. Thread-safe.
struct KvMemory {
  std::atomic<uint64_t> bytes = 0;
};

// The keys and values of KvCache::kBlockTokens tokens. Not written to once it has been shared, so
// that any thread may read it then.
class KvBlock {
 public:
  // `memory` outlives the block; null: it is not counted.
  KvBlock(size_t num_bytes, KvMemory* memory)
      : bytes_(num_bytes + kVectorBytes), size_(num_bytes), memory_(memory) {
    if (memory_ != nullptr) memory_->bytes += num_bytes;
  }
  ~KvBlock() {
    if (memory_ != nullptr) memory_->bytes -= size_;
  }
  KvBlock(const KvBlock&) = delete;
  KvBlock& operator=(const KvBlock&) = delete;

  std::byte* data() { return bytes_.data(); }
  const std::byte* data() const { return bytes_.data(); }
  size_t size() const { return size_; }  // bytes

 private:
  static constexpr size_t kVectorBytes = 64;  // GemmPairs may read behind the end

  // [L][2][g]: keys [d][kBlockTokens], so that scores of many positions are computed at once, and
  // values [kBlockTokens][d]. BF16 is what GemmPairs reads: keys [d / 2][kBlockTokens][2], values
  // [kBlockTokens / 2][d][2]. Q8_0 is what ScoreKeys and MixValues read: runs of 4 in place of 2,
  // and in front, as float16, the scales of keys [d / 32][kBlockTokens] and of values
  // [kBlockTokens].
  AlignedVector<std::byte> bytes_;
  size_t size_;
  KvMemory* memory_;
};

// Grows by blocks of kBlockTokens tokens, so that a session takes the memory it uses. Caches of the
// same sizes and type can share blocks; one that writes to a shared block takes a copy first.
// Reading is thread-safe; writing needs the cache alone, but different heads and positions may be
// written at the same time.
class KvCache {
 public:
  static constexpr size_t kBlockTokens = kAttentionBlock;

  // kInvalidArgument unless `type` is F32, F16, BF16 with d even, or Q8_0 with d a multiple of 32.
  // `memory` as of KvBlock.
  static Result<KvCache> create(size_t num_layers, size_t num_kv_heads, size_t head_dim, DType type,
                                size_t capacity, KvMemory* memory = nullptr);

  DType type() const { return type_; }
  size_t capacity() const { return capacity_; }  // tokens
  // Bytes that `num_tokens` take.
  size_t bytes(size_t num_tokens) const;

  // Makes room for positions below `length` (at most capacity(), asserted), and gives back blocks
  // beyond.
  void resize(size_t length);

  // Copies the blocks of positions [first, end), for which there is room, where they are shared.
  void make_writable(size_t first, size_t end);

  // Stores the row [d] of a head at a writable position.
  void write(size_t layer, KvKind kind, size_t head, size_t position, const float* row);

  // The row of a head at `position`, as floats [d].
  void read(size_t layer, KvKind kind, size_t head, size_t position, float* row) const;

  // A head's keys and values in block `index` of an F32 or F16 cache, of which the first `count`
  // positions are there, as floats: `keys` [d, kBlockTokens], anything behind the count; `values`
  // [kBlockTokens, value_stride], zeros behind d and the count.
  void read_block(const KernelTable& kernels, size_t layer, size_t head, size_t index, size_t count,
                  float* keys, float* values, size_t value_stride) const;

  // A head's keys or values in block `index` of a BF16 cache, as they lie.
  const uint16_t* pairs(size_t layer, KvKind kind, size_t head, size_t index) const;

  // The same of a Q8_0 cache, and the scales as floats: [d / 32, kBlockTokens] of keys,
  // [kBlockTokens] of values.
  const std::byte* quads(size_t layer, KvKind kind, size_t head, size_t index) const;
  void read_scales(const KernelTable& kernels, size_t layer, KvKind kind, size_t head, size_t index,
                   float* scales) const;

  // Asks memory for a head's keys and values in block `index`.
  void prefetch(size_t layer, size_t head, size_t index) const;

  // Copies the row of a head at `from` to the writable position `to`, as it is stored.
  void copy_row(size_t layer, KvKind kind, size_t head, size_t from, size_t to);

  // A cache with the same blocks, which both share from now on.
  KvCache fork();

  // Block `index`, which is shared from now on.
  std::shared_ptr<KvBlock> share(size_t index);
  // Puts a shared block of a cache of these sizes at `index`, at most one behind the last.
  void put(size_t index, std::shared_ptr<KvBlock> block);

 private:
  struct Slot {
    std::shared_ptr<KvBlock> block;
    bool is_shared = false;
  };

  KvCache() = default;
  size_t num_scales(KvKind kind) const;  // of a row
  size_t element_bytes() const;
  size_t run_length() const;  // elements of a key, or positions of a value, that lie side by side
  size_t row_bytes(KvKind kind) const;
  size_t plane_offset(size_t layer, KvKind kind, size_t head) const;
  const std::byte* plane(size_t layer, KvKind kind, size_t head, size_t position) const;
  std::byte* writable_plane(size_t layer, KvKind kind, size_t head, size_t position);
  // Calls body(offset, size) for the pieces of the plane that the row at `position` is made of.
  template <typename Body>
  void for_each_piece(KvKind kind, size_t position, const Body& body) const;

  size_t num_layers_ = 0;
  size_t num_heads_ = 0;
  size_t head_dim_ = 0;
  size_t capacity_ = 0;
  DType type_ = DType::kF32;
  KvMemory* memory_ = nullptr;
  std::vector<Slot> slots_;
};

}  // namespace ganglion
