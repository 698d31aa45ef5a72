// The keys and values that attention has computed for the tokens read so far.
// Letters: L layers, g key/value heads, d size of a head.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/result.h"
#include "kernels/kernel_table.h"
#include "tensor/dtype.h"

namespace ganglion {

enum class KvKind { kKey, kValue };

// Grows by blocks of kBlockTokens tokens, so that a session takes the memory it uses and blocks can
// one day be shared between sessions with the same beginning. Reading is thread-safe; writing needs
// the cache alone, but different heads and positions may be written at the same time.
class KvCache {
 public:
  static constexpr size_t kBlockTokens = 64;

  // kInvalidArgument unless `type` is F32, F16, or Q8_0 with d a multiple of 32.
  static Result<KvCache> create(size_t num_layers, size_t num_kv_heads, size_t head_dim, DType type,
                                size_t capacity);

  size_t capacity() const { return capacity_; }  // tokens
  // Bytes that `num_tokens` take.
  size_t bytes(size_t num_tokens) const;

  // Makes room for positions below `length` (at most capacity(), asserted), and gives back blocks
  // beyond.
  void resize(size_t length);

  // Stores the row [d] of a head at `position`, for which there is room.
  void write(size_t layer, KvKind kind, size_t head, size_t position, const float* row);

  // The rows of a head at positions [first, first + count), which lie in one block: floats, d
  // apart, where they are or in `scratch` [count, d].
  const float* rows(const KernelTable& kernels, size_t layer, KvKind kind, size_t head,
                    size_t first, size_t count, float* scratch) const;

  // Copies the row of a head at `from` to `to`, as it is stored.
  void copy_row(size_t layer, KvKind kind, size_t head, size_t from, size_t to);

 private:
  KvCache() = default;
  size_t row_offset(size_t layer, KvKind kind, size_t head, size_t position) const;

  size_t num_layers_ = 0;
  size_t num_heads_ = 0;
  size_t head_dim_ = 0;
  size_t row_bytes_ = 0;
  size_t capacity_ = 0;
  DType type_ = DType::kF32;
  // [L][2][g][kBlockTokens][row]
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
};

}  // namespace ganglion
