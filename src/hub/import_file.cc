#include "hub/import_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "base/file_descriptor.h"
#include "base/hash.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBlockBytes = 1 << 20;

Error io_error(const fs::path& path, std::string_view action) {
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return fail(code, "{}: cannot {}: {}", path.string(), action, std::strerror(errno));
}

// Reads the whole file in blocks.
Status read_blocks(const FileDescriptor& file, const fs::path& path,
                   const std::function<Status(std::string_view)>& take) {
  std::vector<char> block(kBlockBytes);
  for (off_t at = 0;;) {
    const ssize_t count = ::pread(file.get(), block.data(), block.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error(path, "read");
    if (count == 0) return {};
    GANGLION_TRY(take(std::string_view(block.data(), static_cast<size_t>(count))));
    at += count;
  }
}

Status copy_bytes(const FileDescriptor& from, const fs::path& source, const FileDescriptor& to,
                  const fs::path& target) {
  return read_blocks(from, source, [&](std::string_view bytes) -> Status {
    while (!bytes.empty()) {
      const ssize_t count = ::write(to.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return io_error(target, "write");
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return {};
  });
}

// The source's bytes under the name `draft`, by the cheapest way that works.
Status share_or_copy(const DownloadContext& context, const FileDescriptor& file,
                     const fs::path& source, uint64_t size, const fs::path& draft) {
  std::error_code error;
  fs::remove(draft, error);
  const auto mode = S_IRUSR | S_IRGRP | S_IROTH;
  FileDescriptor target(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!target.is_open()) return io_error(draft, "create");
  bool is_shared = ::ioctl(target.get(), FICLONE, file.get()) == 0;
  if (!is_shared) {
    fs::remove(draft, error);
    fs::create_hard_link(source, draft, error);
    if (!error) return {};
    GANGLION_TRY(check_free_space(context, size));
    target = FileDescriptor(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!target.is_open()) return io_error(draft, "create");
    GANGLION_TRY(copy_bytes(file, source, target, draft));
  }
  if (::fsync(target.get()) != 0) return io_error(draft, "sync");
  return {};
}

}  // namespace

Result<StoredFile> import_file(const DownloadContext& context, const fs::path& source,
                               const std::string& path, uint64_t done_before, uint64_t total) {
  const FileDescriptor file(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return io_error(source, "open");
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return io_error(source, "stat");
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "{}: not a regular file", source.string());
  }
  const fs::path draft = context.store.partial_path(fmt::format("import-{}.part", ::getpid()));
  Status shared =
      share_or_copy(context, file, source, static_cast<uint64_t>(status.st_size), draft);
  std::error_code ignored;
  const auto give_up = [&](const Error& error) {
    fs::remove(draft, ignored);
    return error;
  };
  if (!shared.ok()) return give_up(shared.error());
  const FileDescriptor stored(::open(draft.c_str(), O_RDONLY | O_CLOEXEC));
  if (!stored.is_open()) return give_up(io_error(draft, "open"));
  StoredFile result{path, 0, ""};
  Sha256 hash;
  const Status hashed = read_blocks(stored, draft, [&](std::string_view bytes) -> Status {
    hash.update(bytes);
    result.size += bytes.size();
    context.observer.update(done_before + result.size, total);
    return {};
  });
  if (!hashed.ok()) return give_up(hashed.error());
  result.sha256 = to_hex(hash.finish());
  const fs::path blob = context.store.blob_path(result.sha256);
  // rename() of two links to one file does nothing, so the draft is removed in any case.
  if (::rename(draft.c_str(), blob.c_str()) != 0) return give_up(io_error(blob, "create"));
  fs::remove(draft, ignored);
  const FileDescriptor folder(
      ::open(blob.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::fsync(folder.get()) != 0) return io_error(blob, "sync the folder of");
  return result;
}

}  // namespace ganglion
