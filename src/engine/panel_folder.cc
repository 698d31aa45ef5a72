#include "engine/panel_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "base/atomic_file_writer.h"
#include "base/disk_space.h"
#include "base/file_lock.h"
#include "base/memory.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "GANGPANL";
constexpr std::string_view kSuffix = ".panels";
constexpr size_t kHeaderBytes = 4096;
constexpr uint64_t kDiskReserve = uint64_t{1} << 30;  // bytes that are left free

// magic [8], bytes of the panels u64, key [32], SHA-256 of these [32], zeros.
std::string header_of(const Sha256Digest& key, uint64_t num_bytes) {
  std::string header(kMagic);
  for (int shift = 0; shift < 64; shift += 8) {
    header += static_cast<char>(num_bytes >> shift & 0xff);
  }
  header.append(reinterpret_cast<const char*>(key.data()), key.size());
  const Sha256Digest checksum = sha256(header);
  header.append(reinterpret_cast<const char*>(checksum.data()), checksum.size());
  header.resize(kHeaderBytes);
  return header;
}

struct KeptFile {
  fs::path path;
  uint64_t num_bytes = 0;
  fs::file_time_type last_use;
};

// Those of the folder, the ones that have not been used for longest first.
std::vector<KeptFile> list_files(const fs::path& folder) {
  std::vector<KeptFile> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != kSuffix) continue;
    std::error_code gone;
    const KeptFile file = {entry.path(), entry.file_size(gone), entry.last_write_time(gone)};
    if (!gone) files.push_back(file);
  }
  std::sort(files.begin(), files.end(),
            [](const KeptFile& a, const KeptFile& b) { return a.last_use < b.last_use; });
  return files;
}

// What a writer left that was killed: the caller holds the lock, so that nobody writes.
void remove_drafts(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> drafts;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".part") drafts.push_back(entry.path());
  }
  for (const fs::path& draft : drafts) fs::remove(draft, ignored);
}

bool remove_unless_used(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return false;
  std::error_code error;
  return fs::remove(path, error);
}

Status create_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  if (!error) return {};
  return fail(ErrorCode::kIo, "{}: cannot create: {}", folder.string(), error.message());
}

}  // namespace

std::span<const std::byte> KeptPanels::bytes() const { return file_.bytes().subspan(kHeaderBytes); }

fs::path PanelFolder::path_of(const Sha256Digest& key) const {
  fs::path path = folder_ / to_hex(key);
  path += kSuffix;
  return path;
}

Result<KeptPanels> PanelFolder::find(const Sha256Digest& key, uint64_t num_bytes) const {
  const fs::path path = path_of(key);
  FileDescriptor lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  // Whoever holds it alone is about to remove the file.
  if (!lock.is_open() || ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0) {
    return fail(ErrorCode::kNotFound, "{}: cannot open: {}", path.string(), std::strerror(errno));
  }
  GANGLION_ASSIGN(MappedFile file, MappedFile::open(path, PageSize::kLarge));
  const std::string header = header_of(key, num_bytes);
  if (file.bytes().size() != kHeaderBytes + num_bytes ||
      file.text().substr(0, kHeaderBytes) != header) {
    return fail(ErrorCode::kMalformed,
                "{}: expected {} bytes that begin with the header of these panels, found {} bytes; "
                "the file is damaged, delete it",
                path.string(), kHeaderBytes + num_bytes, file.bytes().size());
  }
  ::futimens(lock.get(), nullptr);  // its last use; may fail in a folder that is read-only
  return KeptPanels(std::move(file), std::move(lock));
}

Status PanelFolder::make_room(uint64_t num_bytes) const {
  remove_drafts(folder_);
  const std::vector<KeptFile> files = list_files(folder_);
  uint64_t held = 0;
  for (const KeptFile& file : files) held += file.num_bytes;
  const auto has_room = [&] {
    return held + num_bytes <= max_bytes_ &&
           check_disk_space(folder_ / "x", num_bytes + kDiskReserve).ok();
  };
  for (const KeptFile& file : files) {
    if (num_bytes > max_bytes_ || has_room()) break;
    if (remove_unless_used(file.path)) held -= file.num_bytes;
  }
  if (has_room()) return {};
  return fail(ErrorCode::kLimit,
              "{}: no room for {}: the files in use take {} of the {} allowed here, and {} of the "
              "disk must stay free",
              folder_.string(), byte_count_text(num_bytes), byte_count_text(held),
              byte_count_text(max_bytes_), byte_count_text(kDiskReserve));
}

Result<KeptPanels> PanelFolder::find_or_make(
    const Sha256Digest& key, uint64_t num_bytes,
    const std::function<Status(const PanelSink&)>& write) const {
  if (Result<KeptPanels> found = find(key, num_bytes); found.ok()) return found;
  GANGLION_TRY(create_folder(folder_));
  GANGLION_ASSIGN(const FileLock lock, FileLock::acquire(folder_ / "lock"));
  // Another program may have made them in the meantime.
  if (Result<KeptPanels> found = find(key, num_bytes); found.ok()) return found;
  std::error_code ignored;
  const fs::path path = path_of(key);
  fs::remove(path, ignored);  // damaged
  GANGLION_TRY(make_room(num_bytes + kHeaderBytes));
  GANGLION_ASSIGN(AtomicFileWriter writer, AtomicFileWriter::open(path));
  GANGLION_TRY(writer.append(header_of(key, num_bytes)));
  GANGLION_TRY(write([&](std::span<const std::byte> piece) {
    return writer.append({reinterpret_cast<const char*>(piece.data()), piece.size()});
  }));
  GANGLION_TRY(writer.commit());
  return find(key, num_bytes);
}

}  // namespace ganglion
