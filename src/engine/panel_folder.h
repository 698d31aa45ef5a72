// Panels of weights (kernels/weight_panels.h) kept in files, so that the next load of a model maps
// them instead of making them again, and programs that use one model share its memory.
//
//   FOLDER/KEY.panels   a header of one page, then the panels
//   FOLDER/lock         held while a file is written or removed
//
// KEY is a hash over all that the panels depend on. A file appears by rename when it is whole and
// synced, and is never changed. One that is in use is locked (shared), so that making room leaves
// it alone; removing it by hand harms nobody either, as what is mapped stays valid. The folder may
// be deleted at any time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/hash.h"
#include "base/mapped_file.h"
#include "base/result.h"

namespace ganglion {

// A file of panels in use. Immutable and thread-safe.
class KeptPanels {
 public:
  KeptPanels(MappedFile file, FileDescriptor lock)
      : file_(std::move(file)), lock_(std::move(lock)) {}

  // 64-byte aligned.
  std::span<const std::byte> bytes() const;

 private:
  MappedFile file_;
  FileDescriptor lock_;
};

// Takes the next piece of the panels.
using PanelSink = std::function<Status(std::span<const std::byte> piece)>;

// Any number of programs and threads may use one folder at a time.
class PanelFolder {
 public:
  // Touches no file. The files of the folder take at most `max_bytes`.
  PanelFolder(std::filesystem::path folder, uint64_t max_bytes)
      : folder_(std::move(folder)), max_bytes_(max_bytes) {}

  // kNotFound where there are none; kMalformed for a damaged file, which find_or_make() replaces.
  Result<KeptPanels> find(const Sha256Digest& key, uint64_t num_bytes) const;

  // Where there are none, `write` makes them: `num_bytes` in all. Waits while another program makes
  // a file. Removes the files that have not been used for longest where they take too much room.
  // kLimit when bound or disk leave no room, kIo; the errors of `write`.
  Result<KeptPanels> find_or_make(const Sha256Digest& key, uint64_t num_bytes,
                                  const std::function<Status(const PanelSink&)>& write) const;

 private:
  std::filesystem::path path_of(const Sha256Digest& key) const;
  Status make_room(uint64_t num_bytes) const;

  std::filesystem::path folder_;
  uint64_t max_bytes_;
};

}  // namespace ganglion
