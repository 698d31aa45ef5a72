// Reads GGUF version 2 and 3 (little-endian) in place.
// Source: ggml/docs/gguf.md. The file is untrusted: every count, length and extent is checked in
// 64 bits against the bytes that are there before anything is allocated, so memory stays within a
// small multiple of the file's header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "formats/byte_cursor.h"
#include "formats/gguf_value.h"
#include "tensor/tensor_view.h"

namespace ganglion {

struct GgufTensor {
  std::string_view name;
  // Bytes inside the file; their start is a multiple of the file's alignment from the start of the
  // data section. Every dimension is at least 1.
  TensorView view;
};

// Immutable and thread-safe. Everything it returns points into the mapped (or borrowed) bytes and
// lives as long as the GgufFile.
class GgufFile {
 public:
  // Maps the file. Errors of MappedFile::open, and those of parse.
  static Result<GgufFile> open(const std::filesystem::path& path);

  // Borrows `bytes`, which must outlive the result. kMalformed names source, field, what was
  // expected and what was found; kUnsupported for versions and byte orders that are not read.
  // Bytes after the last tensor are not an error.
  static Result<GgufFile> parse(std::span<const std::byte> bytes, std::string source_name);

  // A file that was never written: `header` is a GGUF file without tensors (GgufWriter::header);
  // `storage` keeps the names and bytes of `tensors` alive. Names are unique (asserted). Errors of
  // parse.
  static Result<GgufFile> assemble(std::string header, std::vector<GgufTensor> tensors,
                                   std::shared_ptr<const void> storage, std::string source_name);

  GgufFile(GgufFile&&) noexcept = default;
  GgufFile& operator=(GgufFile&&) noexcept = default;

  const std::string& source_name() const { return source_name_; }
  uint32_t version() const { return version_; }
  uint32_t alignment() const { return alignment_; }
  // Bytes; of an assembled file those of header and tensors.
  uint64_t file_size() const { return file_size_; }
  // The file that was opened; null for one that was parsed or assembled.
  const MappedFile* mapping() const { return mapping_ ? &*mapping_ : nullptr; }

  // In file order.
  std::span<const GgufEntry> entries() const { return entries_; }
  std::span<const GgufTensor> tensors() const { return tensors_; }

  // Null when absent.
  const GgufValue* find(std::string_view key) const;
  const GgufTensor* find_tensor(std::string_view name) const;

  // Typed values: kNotFound when the key is absent, kMalformed when its type or sign is another.
  // get_unsigned accepts every integer type; get_number every number.
  Result<std::string_view> get_string(std::string_view key) const;
  Result<uint64_t> get_unsigned(std::string_view key) const;
  Result<double> get_number(std::string_view key) const;
  Result<bool> get_bool(std::string_view key) const;
  // Copies the array's elements, converted; get_numbers accepts arrays of any number type.
  Result<std::vector<std::string_view>> get_strings(std::string_view key) const;
  Result<std::vector<int64_t>> get_integers(std::string_view key) const;
  Result<std::vector<float>> get_numbers(std::string_view key) const;

  // The value, or `fallback` when the key is absent; kMalformed as above.
  Result<uint64_t> get_unsigned_or(std::string_view key, uint64_t fallback) const;
  Result<double> get_number_or(std::string_view key, double fallback) const;
  Result<bool> get_bool_or(std::string_view key, bool fallback) const;

  // kNotFound when absent; kMalformed when the tensor has another shape.
  Result<TensorView> get_tensor(std::string_view name, const Shape& shape) const;

 private:
  GgufFile() = default;

  Status read_header(ByteCursor& cursor, uint64_t* num_tensors, uint64_t* num_entries);
  Status read_entries(ByteCursor& cursor, uint64_t num_entries);
  Status read_tensor_infos(ByteCursor& cursor, uint64_t num_tensors);
  Status read_alignment();
  Status place_tensors(uint64_t infos_end);
  Status check_overlaps() const;

  std::string source_name_;
  std::optional<MappedFile> mapping_;
  std::shared_ptr<const void> storage_;  // of an assembled file
  std::span<const std::byte> bytes_;
  uint64_t file_size_ = 0;
  uint32_t version_ = 0;
  uint32_t alignment_ = 32;
  std::vector<GgufEntry> entries_;
  std::vector<GgufTensor> tensors_;
  std::vector<uint64_t> tensor_offsets_;  // bytes from the start of the data section
  std::unordered_map<std::string_view, size_t> entry_index_;
  std::unordered_map<std::string_view, size_t> tensor_index_;
};

}  // namespace ganglion
