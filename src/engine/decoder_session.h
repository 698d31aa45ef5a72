// The token timeline of a decoder.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/decoder_runtime.h"
#include "engine/language_model.h"

namespace ganglion {

// Borrows the runtime.
class DecoderSession final : public Session {
 public:
  DecoderSession(const DecoderRuntime& runtime, KvCache cache,
                 std::shared_ptr<const LoraAdapter> adapter)
      : runtime_(runtime), cache_(std::move(cache)), adapter_(std::move(adapter)) {}

  size_t length() const override { return length_; }
  size_t capacity() const override { return cache_.capacity(); }
  Status append(std::span<const int32_t> tokens, LogitRows rows,
                std::vector<float>& logits) override;
  void truncate(size_t length) override;
  Status drop(size_t begin, size_t end) override;

  const DecoderRuntime& runtime() const { return runtime_; }
  const LoraAdapter* adapter() const { return adapter_.get(); }
  KvCache& cache() { return cache_; }
  // `tokens` have been read: the cache holds their keys and values.
  void add_read(std::span<const int32_t> tokens) { length_ += tokens.size(); }

 private:
  const DecoderRuntime& runtime_;
  KvCache cache_;
  std::shared_ptr<const LoraAdapter> adapter_;
  size_t length_ = 0;
};

}  // namespace ganglion
