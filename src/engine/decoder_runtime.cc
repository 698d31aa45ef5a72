#include "engine/decoder_runtime.h"

namespace ganglion {

DecoderRuntime::DecoderRuntime(Decoder decoder, const GgufFile& file, const KernelTable& kernels,
                               const LanguageModelOptions& options)
    : decoder_(std::move(decoder)),
      kernels_(kernels),
      pool_(options.num_threads),
      prefixes_(options.prefix_cache_bytes) {
  if (options.precision == Precision::kS8) panels_.emplace(decoder_, file, pool_, options.panels);
}

std::unique_ptr<DecoderBuffers> DecoderRuntime::take_buffers() const {
  const std::lock_guard lock(mutex_);
  if (free_buffers_.empty()) return std::make_unique<DecoderBuffers>();
  std::unique_ptr<DecoderBuffers> buffers = std::move(free_buffers_.back());
  free_buffers_.pop_back();
  return buffers;
}

void DecoderRuntime::give_back(std::unique_ptr<DecoderBuffers> buffers) const {
  const std::lock_guard lock(mutex_);
  free_buffers_.push_back(std::move(buffers));
}

}  // namespace ganglion
