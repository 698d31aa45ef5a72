// A file written piece by piece that appears whole or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace ganglion {

// Writes beside `path`; commit() syncs it, renames over `path` and syncs the folder. Without
// commit() nothing is left behind. Not thread-safe.
class AtomicFileWriter {
 public:
  // kIo names the path and the system's reason.
  static Result<AtomicFileWriter> open(const std::filesystem::path& path);
  AtomicFileWriter(AtomicFileWriter&& other) noexcept;
  AtomicFileWriter& operator=(AtomicFileWriter&&) = delete;
  ~AtomicFileWriter();

  Status append(std::string_view bytes);
  // May be called once; nothing may be appended after it.
  Status commit();

 private:
  AtomicFileWriter(std::filesystem::path path, std::filesystem::path draft, FileDescriptor file);
  Status write_buffer();
  Status write(std::string_view rest);

  std::filesystem::path path_;
  std::filesystem::path draft_;  // empty: committed or moved from
  FileDescriptor file_;
  std::string buffer_;
};

}  // namespace ganglion
