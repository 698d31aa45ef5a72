#include "engine/decoder_runtime.h"

namespace ganglion {

DecoderRuntime::DecoderRuntime(Decoder decoder, const KernelTable& kernels,
                               const LanguageModelOptions& options)
    : decoder_(std::move(decoder)),
      kernels_(kernels),
      pool_(options.num_threads),
      prefixes_(options.prefix_cache_bytes) {
  if (options.precision != Precision::kS8) return;
  panels_ = PageMemory(decoder_.panels_bytes());
  decoder_.write_panels(pool_, panels_.bytes().data());
  decoder_.use_panels(panels_.bytes().data());
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
