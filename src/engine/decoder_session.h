// The token timeline of a decoder.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/language_model.h"
#include "models/decoder.h"

namespace ganglion {

// Borrows the decoder, its kernels and threads.
class DecoderSession final : public Session {
 public:
  DecoderSession(const Decoder& decoder, const Compute& compute, KvCache cache,
                 std::shared_ptr<const LoraAdapter> adapter)
      : decoder_(decoder),
        compute_{compute.kernels, compute.pool, adapter.get()},
        cache_(std::move(cache)),
        adapter_(std::move(adapter)) {}

  size_t length() const override { return length_; }
  size_t capacity() const override { return cache_.capacity(); }
  Status append(std::span<const int32_t> tokens, LogitRows rows,
                std::vector<float>& logits) override;
  void truncate(size_t length) override;
  Status drop(size_t begin, size_t end) override;

 private:
  const Decoder& decoder_;
  Compute compute_;
  KvCache cache_;
  std::shared_ptr<const LoraAdapter> adapter_;
  size_t length_ = 0;
  DecoderScratch scratch_;
  AlignedVector<float> hidden_;
};

}  // namespace ganglion
