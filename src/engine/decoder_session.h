// The token timeline of a decoder.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "engine/decoder_runtime.h"
#include "engine/language_model.h"

namespace ganglion {

// Borrows the runtime. Publishes the blocks of its cache as they fill.
class DecoderSession final : public Session {
 public:
  DecoderSession(const DecoderRuntime& runtime, KvCache cache,
                 std::shared_ptr<const LoraAdapter> adapter);

  size_t length() const override { return tokens_.size(); }
  size_t capacity() const override { return cache_.capacity(); }
  Status append(std::span<const int32_t> tokens, LogitRows rows,
                std::vector<float>& logits) override;
  Status look_ahead(const TokenTree& tree, std::span<const TreeLogit> wanted,
                    std::vector<float>& logits) override;
  void truncate(size_t length) override;
  Status drop(size_t begin, size_t end) override;
  std::unique_ptr<Session> fork() override;
  size_t reuse(std::span<const int32_t> tokens) override;

  const DecoderRuntime& runtime() const { return runtime_; }
  const LoraAdapter* adapter() const { return kind_.adapter.get(); }
  KvCache& cache() { return cache_; }
  // `tokens` have been read: the cache holds their keys and values.
  void add_read(std::span<const int32_t> tokens);

 private:
  void publish();
  void read_tree(const TokenTree& tree, DecoderBuffers& buffers);

  const DecoderRuntime& runtime_;
  KvCache cache_;
  PrefixKind kind_;
  std::vector<int32_t> tokens_;
  // What has been read from this length on stands behind tokens that were moved: it differs from
  // what a session without a drop holds.
  size_t num_exact_ = std::numeric_limits<size_t>::max();
  size_t num_published_ = 0;  // blocks
};

}  // namespace ganglion
