#include "hub/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxStateBytes = 64 * 1024;
constexpr size_t kReadBytes = 1 << 20;

struct State {
  PartialVersion version;
  uint64_t synced = 0;
};

// Nothing when the file is not there, or is not ours: the download then begins afresh.
std::optional<State> read_state(const std::filesystem::path& path) {
  const Result<std::string> text = read_file(path, kMaxStateBytes);
  if (!text.ok()) return std::nullopt;
  const Result<json::value> value = parse_json(*text, path.string());
  if (!value.ok() || !value->is_object()) return std::nullopt;
  const auto validator = json_string(value->get_object(), "validator");
  const auto size = json_integer(value->get_object(), "size");
  const auto synced = json_integer(value->get_object(), "synced");
  if (!validator.ok() || !size.ok() || !synced.ok() || *size < 0 || *synced < 0) {
    return std::nullopt;
  }
  return State{{std::string(*validator), static_cast<uint64_t>(*size)},
               static_cast<uint64_t>(*synced)};
}

// What a program killed while it wrote the state has left. Best effort.
void remove_state_drafts(const std::filesystem::path& state) {
  const std::string start = state.filename().string() + ".";
  std::error_code error;
  for (std::filesystem::directory_iterator it(state.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code ignored;
    if (name.starts_with(start)) std::filesystem::remove(it->path(), ignored);
  }
}

}  // namespace

PartialFile::PartialFile(std::filesystem::path path, FileDescriptor file)
    : path_(std::move(path)), file_(std::move(file)) {}

std::filesystem::path PartialFile::state_path() const { return path_.string() + ".json"; }

Error PartialFile::io_error(std::string_view action) const {
  return fail(ErrorCode::kIo, "{}: cannot {}: {}", path_.string(), action, std::strerror(errno));
}

Result<PartialFile> PartialFile::open(const std::filesystem::path& path, bool is_verified_later) {
  FileDescriptor file(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!file.is_open()) {
    return fail(ErrorCode::kIo, "{}: cannot open: {}", path.string(), std::strerror(errno));
  }
  PartialFile partial(path, std::move(file));
  remove_state_drafts(partial.state_path());
  GANGLION_TRY(partial.load(is_verified_later));
  return partial;
}

Status PartialFile::load(bool is_verified_later) {
  struct stat status = {};
  if (::fstat(file_.get(), &status) != 0) return io_error("stat");
  const std::optional<State> state = read_state(state_path());
  if (!state) return {};
  auto kept = static_cast<uint64_t>(status.st_size);
  if (!is_verified_later) kept = state->version.validator.empty() ? 0 : state->synced;
  if (kept > static_cast<uint64_t>(status.st_size) || kept > state->version.size) kept = 0;
  // Nothing is left to ask the server for that would show that the file has not changed.
  if (!is_verified_later && kept == state->version.size) kept = 0;
  version_ = state->version;
  synced_ = std::min(state->synced, kept);
  return hash_prefix(kept);
}

Status PartialFile::hash_prefix(uint64_t size) {
  std::vector<char> block(kReadBytes);
  while (size_ < size) {
    const auto wanted = static_cast<size_t>(std::min<uint64_t>(kReadBytes, size - size_));
    const ssize_t count = ::pread(file_.get(), block.data(), wanted, static_cast<off_t>(size_));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return io_error("read");
    hash_.update(std::string_view(block.data(), static_cast<size_t>(count)));
    size_ += static_cast<uint64_t>(count);
  }
  return {};
}

Status PartialFile::save_state() {
  return write_file_atomic(
      state_path(),
      to_json_text(json::object{
          {"validator", version_.validator}, {"size", version_.size}, {"synced", synced_}}));
}

Status PartialFile::restart(const PartialVersion& version) {
  if (::ftruncate(file_.get(), 0) != 0) return io_error("truncate");
  version_ = version;
  size_ = 0;
  synced_ = 0;
  hash_ = Sha256();
  return save_state();
}

Status PartialFile::append(std::string_view bytes) {
  hash_.update(bytes);
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error("write");
    size_ += static_cast<uint64_t>(count);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

Status PartialFile::checkpoint() {
  if (::fdatasync(file_.get()) != 0) return io_error("sync");
  synced_ = size_;
  return save_state();
}

Result<std::string> PartialFile::finish() {
  // Behind a shorter resume point there may be bytes of an earlier run.
  if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) return io_error("truncate");
  if (::fsync(file_.get()) != 0) return io_error("sync");
  return to_hex(hash_.finish());
}

Status PartialFile::move_to(const std::filesystem::path& path) {
  if (::fchmod(file_.get(), S_IRUSR | S_IRGRP | S_IROTH) != 0) return io_error("chmod");
  if (::rename(path_.c_str(), path.c_str()) != 0) return io_error("rename");
  const std::filesystem::path parent = path.parent_path();
  const FileDescriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::fsync(folder.get()) != 0) return io_error("sync the folder of");
  std::error_code ignored;  // a state without its file is overwritten by the next download
  std::filesystem::remove(state_path(), ignored);
  return {};
}

void PartialFile::discard() {
  std::error_code ignored;
  std::filesystem::remove(state_path(), ignored);
  std::filesystem::remove(path_, ignored);
}

}  // namespace ganglion
