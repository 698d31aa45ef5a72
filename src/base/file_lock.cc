#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace ganglion {
namespace {

Error lock_error(const std::filesystem::path& path) {
  return fail(ErrorCode::kIo, "{}: cannot lock: {}", path.string(), std::strerror(errno));
}

// Whether the open file is still the one of that name: its last holder removed it otherwise.
bool is_current(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat opened = {};
  struct stat named = {};
  return ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

FileLock::FileLock(std::filesystem::path path, FileDescriptor file)
    : path_(std::move(path)), file_(std::move(file)) {}

FileLock::FileLock(FileLock&& other) noexcept
    : path_(std::move(other.path_)), file_(std::move(other.file_)) {}

FileLock::~FileLock() {
  // Removed while held: whoever waits on this file sees that it has no name and opens another.
  if (file_.is_open()) ::unlink(path_.c_str());
}

Result<FileLock> FileLock::acquire(const std::filesystem::path& path,
                                   const std::function<void()>& on_wait) {
  bool has_waited = false;
  while (true) {
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file.is_open()) return lock_error(path);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return lock_error(path);
      if (!has_waited && on_wait) on_wait();
      has_waited = true;
      while (::flock(file.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return lock_error(path);
      }
    }
    if (is_current(file, path)) return FileLock(path, std::move(file));
  }
}

}  // namespace ganglion
