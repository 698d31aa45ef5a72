// A read-only memory-mapped file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/result.h"

namespace ganglion {

// Which content a file has, as far as the system can say without reading it.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;        // bytes
  int64_t modified_ns = 0;  // since 1970
};

// How the system is asked to keep a mapped file: large pages suit what is read from end to end
// again and again, small ones what is read here and there.
enum class PageSize : uint8_t { kSmall, kLarge };

// Immutable and thread-safe. A file that another process truncates while it is mapped raises
// SIGBUS, as with every mapping: replace model files by rename, never in place.
class MappedFile {
 public:
  // kNotFound, kIo, or kInvalidArgument for something that is not a regular file.
  static Result<MappedFile> open(const std::filesystem::path& path,
                                 PageSize page_size = PageSize::kSmall);

  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  // Empty for an empty file.
  std::span<const std::byte> bytes() const { return {start_, size_}; }
  // Of the file that is mapped, as it was when it was opened.
  const FileIdentity& identity() const { return identity_; }
  // Takes the pages that have been read out of this program's memory; they come again when they are
  // read.
  void drop_pages() const;

  std::string_view text() const { return {reinterpret_cast<const char*>(start_), size_}; }

 private:
  MappedFile(const std::byte* start, const FileIdentity& identity)
      : start_(start), size_(static_cast<size_t>(identity.size)), identity_(identity) {}

  const std::byte* start_ = nullptr;
  size_t size_ = 0;
  FileIdentity identity_;
};

}  // namespace ganglion
