// Reads safetensors files in place.
// Source: github.com/huggingface/safetensors, "Format" (8-byte header length, JSON header, data).
// The file is untrusted: the header's length, every shape and every extent is checked before use.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/mapped_file.h"
#include "base/result.h"
#include "tensor/tensor_view.h"

namespace ganglion {

// Immutable and thread-safe. Views live as long as the SafetensorsFile.
class SafetensorsFile {
 public:
  // Maps the file. Errors of MappedFile::open, and those of parse.
  static Result<SafetensorsFile> open(const std::filesystem::path& path);

  // Borrows `bytes`, which must outlive the result. kMalformed names source, tensor, what was
  // expected and found; kUnsupported names an element type or number of dimensions we lack.
  static Result<SafetensorsFile> parse(std::span<const std::byte> bytes, std::string source_name);

  const std::string& source_name() const { return source_name_; }

  // By name, in alphabetical order.
  const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }
  // The text pairs of "__metadata__".
  const std::map<std::string, std::string, std::less<>>& metadata() const { return metadata_; }

  // Null when absent.
  const TensorView* find_tensor(std::string_view name) const;
  // kNotFound when absent; kMalformed when the tensor has another shape.
  Result<TensorView> get_tensor(std::string_view name, const Shape& shape) const;

 private:
  SafetensorsFile() = default;

  Status read_header(std::string_view header);
  Status check_coverage() const;

  std::string source_name_;
  std::optional<MappedFile> mapping_;
  std::span<const std::byte> data_;  // behind the header
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::string, std::less<>> metadata_;
};

}  // namespace ganglion
