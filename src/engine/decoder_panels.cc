#include "engine/decoder_panels.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "kernels/weight_panels.h"

namespace ganglion {
namespace {

constexpr size_t kSampleBytes = 4096;

template <typename T>
void add_number(Sha256& hash, const T& number) {
  hash.update(std::as_bytes(std::span(&number, 1)));
}

// Over what the panels are made of: the file as the system knows it, its header, and samples of
// every matrix, so that a file that was replaced by one of the same size and time is seen. Reads a
// few MiB at most.
Sha256Digest panel_key(const GgufFile& file, uint64_t num_bytes) {
  const MappedFile& mapping = *file.mapping();
  const FileIdentity& identity = mapping.identity();
  Sha256 hash;
  add_number(hash, kPanelVersion);
  add_number(hash, num_bytes);
  for (const uint64_t number : {identity.device, identity.inode, identity.size}) {
    add_number(hash, number);
  }
  add_number(hash, identity.modified_ns);
  const std::byte* data = mapping.bytes().data() + mapping.bytes().size();
  for (const GgufTensor& tensor : file.tensors()) {
    data = std::min(data, tensor.view.bytes.data());
  }
  hash.update(std::span(mapping.bytes().data(), data));
  for (const GgufTensor& tensor : file.tensors()) {
    const std::span<const std::byte> bytes = tensor.view.bytes;
    const size_t count = std::min(kSampleBytes, bytes.size());
    for (const size_t at : {size_t{0}, bytes.size() / 2, bytes.size()}) {
      hash.update(bytes.subspan(std::min(at, bytes.size() - count), count));
    }
  }
  return hash.finish();
}

// One piece behind the other, each in the same buffer.
Status write_pieces(const Decoder& decoder, const GgufFile& file, ThreadPool& pool,
                    const PanelSink& sink) {
  PageMemory buffer;
  size_t filled = 0;
  const auto flush = [&] {
    file.mapping()->drop_pages();  // so that weights and panels are not both in memory
    return sink(std::as_const(buffer).bytes().first(filled));
  };
  const Status status = decoder.write_panels(pool, [&](size_t num_bytes) -> Result<std::byte*> {
    GANGLION_TRY(flush());
    if (buffer.bytes().size() < num_bytes) buffer = PageMemory(num_bytes);
    filled = num_bytes;
    return buffer.bytes().data();
  });
  return status.ok() ? flush() : status;
}

}  // namespace

DecoderPanels::DecoderPanels(Decoder& decoder, const GgufFile& file, ThreadPool& pool,
                             const PanelOptions& options) {
  const size_t num_bytes = decoder.panels_bytes();
  if (num_bytes == 0) return;
  if (!options.folder.empty() && num_bytes >= options.min_bytes && file.mapping() != nullptr) {
    Result<KeptPanels> kept =
        PanelFolder(options.folder, options.max_bytes)
            .find_or_make(panel_key(file, num_bytes), num_bytes, [&](const PanelSink& sink) {
              return write_pieces(decoder, file, pool, sink);
            });
    if (kept.ok()) {
      kept_ = std::move(kept).value();
      decoder.use_panels(kept_->bytes().data());
      return;
    }
    note_ = "the repacked weights are not kept for the next load: " + kept.error().message;
  }
  memory_ = PageMemory(num_bytes);
  std::byte* next = memory_.bytes().data();
  const Status status = decoder.write_panels(pool, [&](size_t size) -> Result<std::byte*> {
    if (file.mapping() != nullptr) file.mapping()->drop_pages();
    return std::exchange(next, next + size);
  });
  GANGLION_ASSERT(status.ok());  // there is always room
  decoder.use_panels(memory_.bytes().data());
}

}  // namespace ganglion
