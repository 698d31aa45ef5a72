// What the sessions of one decoder share: its weights, its threads, the buffers of its passes, and
// what they have read.
// Letters: H hidden size, V tokens in the vocabulary.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/decoder_panels.h"
#include "engine/language_model.h"
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
  // With Precision::kS8 computes with panels of the quantised weights. `file` is the one that
  // `decoder` was loaded from.
  DecoderRuntime(Decoder decoder, const GgufFile& file, const KernelTable& kernels,
                 const LanguageModelOptions& options);

  // As of DecoderPanels.
  std::string note() const { return panels_ ? panels_->note() : ""; }

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
  std::optional<DecoderPanels> panels_;
  mutable KvMemory memory_;  // outlives the blocks that prefixes_ holds
  mutable PrefixCache prefixes_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<DecoderBuffers>> free_buffers_;
};

}  // namespace ganglion
