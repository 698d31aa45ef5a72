// Writes GGUF files that are larger than memory: the values of a tensor are made while it is
// written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/atomic_file_writer.h"
#include "base/progress.h"
#include "base/result.h"
#include "formats/gguf_writer.h"
#include "tensor/tensor_view.h"

namespace ganglion {

// A GGUF file whose tensors' bytes arrive in pieces. It appears whole, by commit(), or not at all.
class GgufStream {
 public:
  // Writes the header of `metadata`, which declares every tensor, beside `path`. kLimit, before
  // anything is written, when the disk has not the room; kIo. `progress` counts bytes.
  static Result<GgufStream> open(const std::filesystem::path& path, const GgufWriter& metadata,
                                 ProgressSink& progress);

  uint64_t total_bytes() const { return total_; }
  // The next bytes of the tensor `name`, in the order of declaration.
  Status append(std::string_view bytes, std::string_view name);
  // Pads the tensor whose bytes have all been appended.
  Status end_tensor(std::string_view name);
  Status commit() { return file_.commit(); }

 private:
  GgufStream(AtomicFileWriter file, ProgressSink& progress, uint64_t total)
      : file_(std::move(file)), progress_(&progress), total_(total) {}

  AtomicFileWriter file_;
  ProgressSink* progress_;
  uint64_t done_ = 0;
  uint64_t total_;
};

// Fills `out` with the stored bytes of rows [first, first + count). A row is the innermost
// dimension; a tensor of one dimension (which has a plain type) has rows of one element.
using RowWriter = std::function<Status(uint64_t first, uint64_t count, std::span<std::byte> out)>;

struct StreamedTensor {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;  // the innermost dimension a multiple of the dtype's block
  RowWriter write_rows;
};

// Writes `metadata` (which has no tensors yet) and the tensors, a few MiB at a time. Errors of
// GgufStream and of the row writers.
Status write_gguf_stream(const std::filesystem::path& path, GgufWriter metadata,
                         std::span<const StreamedTensor> tensors, ProgressSink& progress);

}  // namespace ganglion
