#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/file_descriptor.h"

namespace ganglion {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path, PageSize page_size) {
  // Without O_NONBLOCK a named pipe would wait for a writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
    return fail(code, "{}: cannot open: {}", path.string(), std::strerror(errno));
  }
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) {
    return fail(ErrorCode::kIo, "{}: cannot stat: {}", path.string(), std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "{}: expected a regular file, found a {}",
                path.string(),
                S_ISDIR(status.st_mode) ? "folder; give a file in it" : "device or pipe");
  }
  const auto size = static_cast<size_t>(status.st_size);
  const FileIdentity identity = {
      status.st_dev, status.st_ino, size,
      int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
  if (size == 0) return MappedFile(nullptr, identity);
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) {
    return fail(ErrorCode::kIo, "{}: cannot map {} bytes: {}", path.string(), size,
                std::strerror(errno));
  }
#if defined(MADV_HUGEPAGE)
  // A wish: file systems without them keep small pages.
  if (page_size == PageSize::kLarge) ::madvise(start, size, MADV_HUGEPAGE);
#endif
  return MappedFile(static_cast<const std::byte*>(start), identity);
}

MappedFile::~MappedFile() {
  if (start_ != nullptr) ::munmap(const_cast<std::byte*>(start_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : start_(std::exchange(other.start_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      identity_(other.identity_) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(start_, other.start_);
  std::swap(size_, other.size_);
  std::swap(identity_, other.identity_);
  return *this;
}

void MappedFile::drop_pages() const {
  // Nothing was written to the private mapping, so that all of it is in the file.
  if (start_ != nullptr) ::madvise(const_cast<std::byte*>(start_), size_, MADV_DONTNEED);
}

}  // namespace ganglion
