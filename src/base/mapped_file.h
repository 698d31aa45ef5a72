// A read-only memory-mapped file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/result.h"

namespace ganglion {

// Immutable and thread-safe. A file that another process truncates while it is mapped raises
// SIGBUS, as with every mapping: replace model files by rename, never in place.
class MappedFile {
 public:
  // kNotFound, kIo, or kInvalidArgument for something that is not a regular file.
  static Result<MappedFile> open(const std::filesystem::path& path);

  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  // Empty for an empty file.
  std::span<const std::byte> bytes() const { return {start_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(start_), size_}; }

 private:
  MappedFile(const std::byte* start, size_t size) : start_(start), size_(size) {}

  const std::byte* start_ = nullptr;
  size_t size_ = 0;
};

}  // namespace ganglion
