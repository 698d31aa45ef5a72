#include "hub/pull.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file_lock.h"
#include "base/hash.h"
#include "base/mapped_file.h"
#include "formats/gguf.h"
#include "formats/safetensors.h"
#include "hub/import_file.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxPublishAttempts = 3;

bool has_blobs(const ModelStore& store, const Manifest& manifest) {
  return std::all_of(manifest.files.begin(), manifest.files.end(), [&](const StoredFile& file) {
    std::error_code error;
    return fs::file_size(store.blob_path(file.sha256), error) == file.size && !error;
  });
}

// What is still to come, counting what earlier runs have left.
uint64_t missing_bytes(const ModelStore& store, const ModelListing& listing) {
  uint64_t missing = 0;
  for (const ListedFile& file : listing.files) {
    if (!file.local.empty() || !file.remote.size || file.remote.sha256.empty()) {
      missing += file.local.empty() ? file.remote.size.value_or(0) : 0;
      continue;
    }
    std::error_code error;
    if (fs::exists(store.blob_path(file.remote.sha256), error)) continue;
    const uint64_t begun = fs::file_size(store.partial_path("sha256-" + file.remote.sha256), error);
    missing += *file.remote.size - (error ? 0 : std::min(begun, *file.remote.size));
  }
  return missing;
}

// The reader's verdict on what was stored.
Status check_format(const ModelStore& store, const StoredFile& file) {
  const bool is_gguf = file.path.ends_with(".gguf");
  if (!is_gguf && !file.path.ends_with(".safetensors")) return {};
  GANGLION_ASSIGN(const MappedFile mapping, MappedFile::open(store.blob_path(file.sha256)));
  if (is_gguf) {
    const auto parsed = GgufFile::parse(mapping.bytes(), file.path);
    return parsed.ok() ? Status{} : parsed.error();
  }
  const auto parsed = SafetensorsFile::parse(mapping.bytes(), file.path);
  return parsed.ok() ? Status{} : parsed.error();
}

class Pull {
 public:
  Pull(const DownloadContext& context, const HubAddresses& addresses, const ModelSource& source,
       std::string name)
      : context_(context), addresses_(addresses), source_(source), name_(std::move(name)) {}

  Result<Pulled> run();

 private:
  Result<std::optional<Manifest>> find_pulled(const std::string& revision, int64_t since_us) const;
  Status check_name() const;
  Status fetch_files(const ModelListing& listing, Pulled& pulled) const;
  Result<Pulled> fetch_and_publish(const ModelListing& listing) const;

  const DownloadContext& context_;
  const HubAddresses& addresses_;
  const ModelSource& source_;
  std::string name_;
};

// A whole model that was pulled from this source: of that revision, or since that time.
Result<std::optional<Manifest>> Pull::find_pulled(const std::string& revision,
                                                  int64_t since_us) const {
  GANGLION_ASSIGN(const std::vector<Manifest> manifests, context_.store.list());
  for (const Manifest& manifest : manifests) {
    const bool fits =
        !revision.empty() ? manifest.revision == revision : manifest.pulled_at_us >= since_us;
    if (manifest.source == source_.text && fits && has_blobs(context_.store, manifest)) {
      return std::optional<Manifest>(manifest);
    }
  }
  return std::optional<Manifest>();
}

Status Pull::check_name() const {
  GANGLION_ASSIGN(const std::vector<Manifest> manifests, context_.store.list());
  for (const Manifest& manifest : manifests) {
    if (manifest.name == name_ && manifest.source != source_.text) {
      return fail(ErrorCode::kConflict,
                  "the name \"{}\" belongs to the model from {}; choose another with --name, or "
                  "take it away with `ganglion rm {}`",
                  name_, manifest.source, name_);
    }
  }
  return {};
}

Status Pull::fetch_files(const ModelListing& listing, Pulled& pulled) const {
  uint64_t total = 0;
  for (const ListedFile& file : listing.files) total += file.remote.size.value_or(0);
  GANGLION_TRY(check_free_space(context_, missing_bytes(context_.store, listing)));
  uint64_t done = 0;
  for (const ListedFile& file : listing.files) {
    if (file.local.empty()) {
      GANGLION_ASSIGN(Downloaded downloaded, download_file(context_, file.remote, done, total));
      pulled.fetched_bytes += downloaded.fetched_bytes;
      pulled.manifest.files.push_back(std::move(downloaded.file));
    } else {
      GANGLION_ASSIGN(StoredFile imported,
                      import_file(context_, file.local, file.remote.path, done, total));
      pulled.manifest.files.push_back(std::move(imported));
    }
    done += pulled.manifest.files.back().size;
  }
  for (const StoredFile& file : pulled.manifest.files) {
    if (const Status valid = check_format(context_.store, file); !valid.ok()) {
      GANGLION_TRY(context_.store.discard(pulled.manifest.files));
      return fail(valid.error().code, "{}: not a model that can be read, so it was not stored: {}",
                  source_.text, valid.error().message);
    }
  }
  return {};
}

Result<Pulled> Pull::fetch_and_publish(const ModelListing& listing) const {
  Pulled pulled;
  Manifest& manifest = pulled.manifest;
  manifest.name = name_;
  manifest.source = source_.text;
  manifest.revision = listing.revision;
  manifest.type = listing.type;
  manifest.main = listing.main;
  std::optional<Manifest> known;
  if (source_.kind == SourceKind::kHuggingFace) {  // a commit never changes
    GANGLION_ASSIGN(known, find_pulled(listing.revision, 0));
  }
  if (known) {
    manifest.files = known->files;
  } else {
    GANGLION_TRY(fetch_files(listing, pulled));
    std::sort(manifest.files.begin(), manifest.files.end(),
              [](const StoredFile& a, const StoredFile& b) { return a.path < b.path; });
  }
  manifest.pulled_at_us = context_.clock.wall_us();
  GANGLION_TRY(context_.store.publish(manifest));
  return pulled;
}

Result<Pulled> Pull::run() {
  if (!name_.empty()) {
    GANGLION_TRY(check_model_name(name_));
    GANGLION_TRY(check_name());
  }
  GANGLION_TRY(context_.store.create_folders());
  const int64_t start_us = context_.clock.wall_us();
  bool has_waited = false;
  const std::string key = "source-" + to_hex(sha256(source_.text));
  GANGLION_ASSIGN(const FileLock lock, FileLock::acquire(context_.store.lock_path(key), [&] {
                    has_waited = true;
                    context_.observer.note(
                        fmt::format("another program is pulling {}; waiting for it", source_.text));
                  }));
  if (has_waited) {
    GANGLION_ASSIGN(const auto pulled, find_pulled("", start_us));
    if (pulled && (name_.empty() || pulled->name == name_)) return Pulled{*pulled, 0};
  }
  GANGLION_ASSIGN(const ModelListing listing, list_model(context_, addresses_, source_));
  if (name_.empty()) name_ = default_model_name(source_, listing.type);
  GANGLION_TRY(check_name());
  for (int attempt = 1;; ++attempt) {
    Result<Pulled> pulled = fetch_and_publish(listing);
    // A blob that was there may have been removed together with another model, just now.
    const bool again = !pulled.ok() && pulled.error().code == ErrorCode::kConflict;
    if (!again || attempt == kMaxPublishAttempts) return pulled;
  }
}

}  // namespace

Result<Pulled> pull_model(const DownloadContext& context, const HubAddresses& addresses,
                          const ModelSource& source, const std::string& name) {
  return Pull(context, addresses, source, name).run();
}

}  // namespace ganglion
