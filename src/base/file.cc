#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/atomic_file_writer.h"
#include "base/file_descriptor.h"

namespace ganglion {
namespace {

Error io_error(const std::filesystem::path& path, const char* action) {
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return fail(code, "{}: cannot {}: {}", path.string(), action, std::strerror(errno));
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, uint64_t max_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return io_error(path, "open");
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return io_error(path, "stat");
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "{}: is a folder, expected a file", path.string());
  }
  std::string bytes;
  bytes.reserve(static_cast<size_t>(status.st_size));
  char block[1 << 16];
  while (true) {  // until the end, not st_size: a pipe or /proc file reports size 0
    const ssize_t count = ::read(file.get(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error(path, "read");
    if (count == 0) return bytes;
    bytes.append(block, static_cast<size_t>(count));
    if (bytes.size() > max_bytes) {
      return fail(ErrorCode::kLimit, "{}: larger than the limit of {} bytes", path.string(),
                  max_bytes);
    }
  }
}

Status write_file_atomic(const std::filesystem::path& path, std::string_view bytes) {
  GANGLION_ASSIGN(AtomicFileWriter file, AtomicFileWriter::open(path));
  GANGLION_TRY(file.append(bytes));
  return file.commit();
}

}  // namespace ganglion
