#include "models/gguf_stream.h"

#include <algorithm>
#include <vector>

#include "base/disk_space.h"

namespace ganglion {
namespace {

constexpr uint64_t kChunkElements = uint64_t{1} << 20;

Status write_tensor(const StreamedTensor& tensor, GgufStream& stream) {
  const size_t dimensions = tensor.shape.num_dimensions();
  const uint64_t row_size =
      dimensions == 1 ? 1 : static_cast<uint64_t>(tensor.shape[dimensions - 1]);
  const uint64_t num_rows = static_cast<uint64_t>(tensor.shape.num_elements()) / row_size;
  const uint64_t chunk_rows = std::max<uint64_t>(1, kChunkElements / row_size);
  const DTypeTraits& traits = dtype_traits(tensor.dtype);
  std::string bytes;
  for (uint64_t row = 0; row < num_rows; row += chunk_rows) {
    const uint64_t count = std::min(chunk_rows, num_rows - row);
    bytes.resize(count * row_size / traits.block_elements * traits.block_bytes);
    const Status written = tensor.write_rows(row, count, std::as_writable_bytes(std::span(bytes)));
    if (!written.ok()) return at_place(fmt::format("tensor \"{}\"", tensor.name), written.error());
    GANGLION_TRY(stream.append(bytes, tensor.name));
  }
  return stream.end_tensor(tensor.name);
}

}  // namespace

Result<GgufStream> GgufStream::open(const std::filesystem::path& path, const GgufWriter& metadata,
                                    ProgressSink& progress) {
  GANGLION_ASSIGN(const std::string header, metadata.header());
  const uint64_t total = header.size() + metadata.data_bytes();
  GANGLION_TRY(check_disk_space(path, total));
  GANGLION_ASSIGN(AtomicFileWriter file, AtomicFileWriter::open(path));
  GgufStream stream(std::move(file), progress, total);
  GANGLION_TRY(stream.append(header, "metadata"));
  return stream;
}

Status GgufStream::append(std::string_view bytes, std::string_view name) {
  GANGLION_TRY(file_.append(bytes));
  done_ += bytes.size();
  progress_->update(done_, total_, name);
  return {};
}

// The header is padded, so that the place in the file tells what is missing.
Status GgufStream::end_tensor(std::string_view name) {
  const uint64_t beyond = done_ % GgufWriter::kAlignment;
  if (beyond == 0) return {};
  return append(std::string(GgufWriter::kAlignment - beyond, '\0'), name);
}

Status write_gguf_stream(const std::filesystem::path& path, GgufWriter metadata,
                         std::span<const StreamedTensor> tensors, ProgressSink& progress) {
  for (const StreamedTensor& tensor : tensors) {
    metadata.declare_tensor(tensor.name, tensor.dtype, tensor.shape);
  }
  GANGLION_ASSIGN(GgufStream stream, GgufStream::open(path, metadata, progress));
  for (const StreamedTensor& tensor : tensors) GANGLION_TRY(write_tensor(tensor, stream));
  return stream.commit();
}

}  // namespace ganglion
