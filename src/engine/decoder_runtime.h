// What the sessions of one decoder share: its weights, its threads, the buffers of its passes, and
// what they have read.
// Letters: H hidden size, V tokens in the vocabulary.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/prefix_cache.h"
#include "models/decoder.h"

namespace ganglion {

// Buffers of a call that reads tokens.
struct DecoderBuffers {
  DecoderScratch scratch;
  AlignedVector<float> hidden;  // [tokens of a pass, H]
  AlignedVector<float> wanted;  // [rows, H], those whose logits are wanted
  AlignedVector<float> logits;  // [rows, V]
};

// Thread-safe.
class DecoderRuntime {
 public:
  // `num_threads` as of ThreadPool, `prefix_cache_bytes` as of PrefixCache.
  DecoderRuntime(Decoder decoder, const KernelTable& kernels, size_t num_threads,
                 uint64_t prefix_cache_bytes)
      : decoder_(std::move(decoder)),
        kernels_(kernels),
        pool_(num_threads),
        prefixes_(prefix_cache_bytes) {}

  const Decoder& decoder() const { return decoder_; }
  Compute compute(const LoraAdapter* adapter) const { return {kernels_, pool_, adapter}; }

  // Of all sessions' blocks and those that prefixes() keeps.
  KvMemory& memory() const { return memory_; }
  PrefixCache& prefixes() const { return prefixes_; }

  // Buffers for one call, to be given back behind it: there are only as many as calls at one time.
  std::unique_ptr<DecoderBuffers> take_buffers() const;
  void give_back(std::unique_ptr<DecoderBuffers> buffers) const;

 private:
  Decoder decoder_;
  const KernelTable& kernels_;
  mutable ThreadPool pool_;
  mutable KvMemory memory_;  // outlives the blocks that prefixes_ holds
  mutable PrefixCache prefixes_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<DecoderBuffers>> free_buffers_;
};

}  // namespace ganglion
