// A lock between programs, held by a file (flock). The system frees it when its holder dies.
#pragma once

#include <filesystem>
#include <functional>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace ganglion {

// Held until destroyed; the lock file is removed then. Works between programs, and between threads
// that each acquire for themselves. The folder must be on a file system that knows flock.
class FileLock {
 public:
  // Waits without limit for another holder; `on_wait` is called once before. kIo names the path.
  static Result<FileLock> acquire(const std::filesystem::path& path,
                                  const std::function<void()>& on_wait = {});

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  FileLock(std::filesystem::path path, FileDescriptor file);

  std::filesystem::path path_;
  FileDescriptor file_;
};

}  // namespace ganglion
