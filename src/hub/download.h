// One file from the network into the store: resumed where it stopped, checked by SHA-256.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/retry.h"
#include "hub/model_store.h"
#include "hub/pull_observer.h"
#include "hub/web_client.h"

namespace ganglion {

struct RemoteFile {
  std::string path;  // inside the model; for messages
  WebRequest request;
  std::optional<uint64_t> size;  // as the hub's list says; the download must have it
  std::string sha256;            // likewise; may be empty
};

// What a download needs from outside, so that a test can fix it. All must outlive the download.
struct DownloadContext {
  const ModelStore& store;
  const WebClient& web;
  const Clock& clock;
  PullObserver& observer;
  std::function<void(int64_t ms)> sleep_ms;
  // Bytes that may still be written to the folder's file system.
  std::function<Result<uint64_t>(const std::filesystem::path&)> free_bytes;
  RetryPolicy retry;  // attempts are counted anew after every `progress_bytes` received
  uint64_t progress_bytes = uint64_t{1} << 20;
  // A file without a known hash is resumed only from where it was synced to the disk: every so many
  // bytes.
  uint64_t checkpoint_bytes = uint64_t{16} << 20;
};

struct Downloaded {
  StoredFile file;             // its blob is in the store
  uint64_t fetched_bytes = 0;  // over the network, now
};

// Downloads `file` unless its blob is there. What arrives is kept in the store's partial/ folder
// and outlives a kill; the next call goes on with Range and If-Range, and begins afresh when the
// file has changed or the server ignores the range. One program at a time downloads a file: others
// wait, and take over where the first one dies. `done_before` and `total` bytes of the model are
// for the observer.
//
// kLimit: no space (checked before), or more bytes than announced; kMalformed: another length or
// hash than announced (what was received is deleted), no length at all; kDenied, kNotFound: the
// server refuses; kUnavailable, kTimeout: after the last attempt; what has arrived is kept.
Result<Downloaded> download_file(const DownloadContext& context, const RemoteFile& file,
                                 uint64_t done_before, uint64_t total);

// statvfs: what an ordinary user may still write.
Result<uint64_t> free_bytes_of(const std::filesystem::path& folder);

// kLimit, with both figures, unless `needed` bytes and a small reserve are free there.
Status check_free_space(const DownloadContext& context, uint64_t needed);

}  // namespace ganglion
