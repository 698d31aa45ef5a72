// The bytes of a download so far, and beside them what says which version of the file they are of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/hash.h"
#include "base/result.h"

namespace ganglion {

struct PartialVersion {
  std::string validator;  // for If-Range: a strong entity tag or a date; may be empty
  uint64_t size = 0;      // bytes of the whole file
};

// PATH holds the bytes, PATH.json the version and how many bytes were synced. Not thread-safe; one
// program at a time (FileLock).
class PartialFile {
 public:
  // Opens or creates it, and hashes what is there: all bytes when `is_verified_later`, because a
  // known hash will tell; else only those that were synced, and none without a validator. A state
  // that cannot be read counts as none. Removes what killed programs left beside it. kIo.
  static Result<PartialFile> open(const std::filesystem::path& path, bool is_verified_later);

  uint64_t size() const { return size_; }
  const PartialVersion& version() const { return version_; }

  // Begins with nothing, of that version. Durable.
  Status restart(const PartialVersion& version);
  Status append(std::string_view bytes);
  // Afterwards the bytes so far outlive a crash of the machine.
  Status checkpoint();
  // Syncs, and gives the SHA-256 of all bytes. Only restart() and those below may follow.
  Result<std::string> finish();
  // Moves the bytes to `path`, read-only, and removes the state. Durable.
  Status move_to(const std::filesystem::path& path);
  void discard();

 private:
  PartialFile(std::filesystem::path path, FileDescriptor file);
  Status load(bool is_verified_later);
  Status hash_prefix(uint64_t size);
  Status save_state();
  Error io_error(std::string_view action) const;
  std::filesystem::path state_path() const;

  std::filesystem::path path_;
  FileDescriptor file_;
  PartialVersion version_;
  uint64_t size_ = 0;
  uint64_t synced_ = 0;
  Sha256 hash_;
};

}  // namespace ganglion
