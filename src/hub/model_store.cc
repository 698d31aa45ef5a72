#include "hub/model_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/file_descriptor.h"
#include "base/file_lock.h"
#include "base/hash.h"
#include "hub/model_source.h"
#include "text/edit_distance.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxManifestBytes = 16 << 20;

Error io_error(const fs::path& path, std::string_view action, const std::error_code& error) {
  return fail(ErrorCode::kIo, "{}: cannot {}: {}", path.string(), action, error.message());
}

Status sync_folder(const fs::path& folder) {
  const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.is_open() && ::fsync(directory.get()) == 0) return {};
  return fail(ErrorCode::kIo, "{}: cannot sync: {}", folder.string(), std::strerror(errno));
}

// The same files, the same folder of links.
std::string links_id(const Manifest& manifest) {
  Sha256 hash;
  for (const StoredFile& file : manifest.files) {
    hash.update(fmt::format("{} {}\n", file.sha256, file.path));
  }
  return to_hex(hash.finish()).substr(0, 32);
}

bool has_size(const fs::path& path, uint64_t size) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == size && !error;
}

}  // namespace

ModelStore::ModelStore(fs::path root) : root_(std::move(root)) {}

fs::path ModelStore::blob_path(std::string_view sha256) const {
  return root_ / "blobs" / fmt::format("sha256-{}", sha256);
}
fs::path ModelStore::partial_path(std::string_view key) const { return root_ / "partial" / key; }
fs::path ModelStore::lock_path(std::string_view key) const {
  return root_ / "locks" / fmt::format("{}.lock", key);
}
fs::path ModelStore::manifest_path(std::string_view name) const {
  return root_ / "manifests" / fmt::format("{}.json", name);
}
fs::path ModelStore::model_path(const Manifest& manifest) const {
  const fs::path folder = root_ / "files" / links_id(manifest);
  return manifest.main.empty() ? folder : folder / manifest.main;
}

Status ModelStore::create_folders() const {
  std::error_code error;
  if (!fs::exists(root_, error)) {
    fs::create_directories(root_.parent_path(), error);
    // Weights behind a licence, and what somebody works on, are not everybody's to read.
    if (!error && ::mkdir(root_.c_str(), 0700) != 0 && errno != EEXIST) {
      error.assign(errno, std::generic_category());
    }
    if (error) return io_error(root_, "create the model store", error);
  }
  for (const char* name : {"manifests", "blobs", "files", "partial", "locks"}) {
    fs::create_directories(root_ / name, error);
    if (error) return io_error(root_ / name, "create", error);
  }
  return {};
}

Result<std::vector<Manifest>> ModelStore::list() const {
  std::vector<Manifest> manifests;
  std::error_code error;
  const fs::path folder = root_ / "manifests";
  if (!fs::exists(folder, error)) return manifests;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const fs::path path = it->path();
    if (path.extension() != ".json") continue;
    Result<std::string> text = read_file(path, kMaxManifestBytes);
    if (!text.ok() && text.error().code == ErrorCode::kNotFound) continue;  // removed just now
    if (!text.ok()) return text.error();
    Result<Manifest> manifest = parse_manifest(*text, path.string());
    if (!manifest.ok()) {
      return fail(manifest.error().code, "{}; delete this file and pull the model again",
                  manifest.error().message);
    }
    manifests.push_back(*std::move(manifest));
  }
  if (error) return io_error(folder, "list", error);
  std::sort(manifests.begin(), manifests.end(),
            [](const Manifest& a, const Manifest& b) { return a.name < b.name; });
  return manifests;
}

Result<Manifest> ModelStore::find(std::string_view name) const {
  GANGLION_ASSIGN(const std::vector<Manifest> manifests, list());
  const std::string wanted = lower_ascii(name);
  std::vector<std::string> names;
  std::vector<const Manifest*> tagged;
  for (const Manifest& manifest : manifests) {
    if (manifest.name == wanted) return manifest;
    if (manifest.name.starts_with(wanted + ":")) tagged.push_back(&manifest);
    names.push_back(manifest.name);
    names.push_back(manifest.name.substr(0, manifest.name.find(':')));
  }
  if (tagged.size() == 1) return *tagged.front();
  if (tagged.size() > 1) {
    std::string list;
    for (const Manifest* manifest : tagged) list += " " + manifest->name;
    return fail(ErrorCode::kConflict, "\"{}\": several stored models begin so:{}", name, list);
  }
  const auto nearest = nearest_word(wanted, names);
  return fail(ErrorCode::kNotFound, "no stored model is called \"{}\"; {}", name,
              nearest         ? fmt::format("did you mean \"{}\"?", *nearest)
              : names.empty() ? "none is stored; `ganglion pull SOURCE` fetches one"
                              : "`ganglion list` shows those that are, `ganglion pull SOURCE` "
                                "fetches one");
}

Status ModelStore::link_files(const Manifest& manifest) const {
  const fs::path folder = root_ / "files" / links_id(manifest);
  std::error_code error;
  if (fs::exists(folder, error)) return {};
  const fs::path draft = folder.string() + fmt::format(".{}.part", ::getpid());
  fs::remove_all(draft, error);
  for (const StoredFile& file : manifest.files) {
    const fs::path link = draft / file.path;
    fs::create_directories(link.parent_path(), error);
    fs::path target = "../..";  // from files/ID
    for (auto n = std::count(file.path.begin(), file.path.end(), '/'); n > 0; --n) target /= "..";
    target /= fs::path("blobs") / blob_path(file.sha256).filename();
    if (!error) fs::create_symlink(target, link, error);
    if (error) return io_error(link, "link", error);
  }
  GANGLION_TRY(sync_folder(draft));
  fs::rename(draft, folder, error);
  if (error) return io_error(folder, "create", error);
  return sync_folder(folder.parent_path());
}

Status ModelStore::publish(const Manifest& manifest) const {
  GANGLION_ASSIGN(const FileLock lock, FileLock::acquire(lock_path("store")));
  for (const StoredFile& file : manifest.files) {
    if (!has_size(blob_path(file.sha256), file.size)) {
      return fail(ErrorCode::kConflict, "{}: {} is not in the store; pull it again", manifest.name,
                  file.path);
    }
  }
  GANGLION_TRY(link_files(manifest));
  Result<Manifest> replaced = find(manifest.name);
  GANGLION_TRY(write_file_atomic(manifest_path(manifest.name), manifest_json(manifest)));
  if (!replaced.ok() || replaced->name != manifest.name) return {};
  const Result<uint64_t> deleted = delete_unused(replaced->files);
  return deleted.ok() ? Status{} : deleted.error();
}

Result<uint64_t> ModelStore::delete_unused(const std::vector<StoredFile>& files) const {
  GANGLION_ASSIGN(const std::vector<Manifest> manifests, list());
  std::set<std::string, std::less<>> used_blobs;
  std::set<std::string, std::less<>> used_links;
  for (const Manifest& manifest : manifests) {
    for (const StoredFile& file : manifest.files) used_blobs.insert(file.sha256);
    used_links.insert(links_id(manifest));
  }
  std::error_code error;
  for (fs::directory_iterator it(root_ / "files", error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;  // what stays behind is deleted the next time
    if (!used_links.contains(it->path().filename().string())) fs::remove_all(it->path(), ignored);
  }
  uint64_t freed = 0;
  for (const StoredFile& file : files) {
    if (used_blobs.contains(file.sha256)) continue;
    if (fs::remove(blob_path(file.sha256), error)) freed += file.size;
    if (error) return io_error(blob_path(file.sha256), "delete", error);
  }
  return freed;
}

Result<uint64_t> ModelStore::remove(const Manifest& manifest) const {
  GANGLION_ASSIGN(const FileLock lock, FileLock::acquire(lock_path("store")));
  const fs::path path = manifest_path(manifest.name);
  std::error_code error;
  fs::remove(path, error);
  if (error) return io_error(path, "delete", error);
  GANGLION_TRY(sync_folder(path.parent_path()));
  return delete_unused(manifest.files);
}

Status ModelStore::discard(const std::vector<StoredFile>& files) const {
  GANGLION_ASSIGN(const FileLock lock, FileLock::acquire(lock_path("store")));
  const Result<uint64_t> deleted = delete_unused(files);
  return deleted.ok() ? Status{} : deleted.error();
}

Result<fs::path> model_store_root(const std::function<std::string(const char*)>& variable) {
  if (const std::string home = variable("GANGLION_HOME"); !home.empty()) {
    std::error_code error;
    fs::path root = fs::absolute(home, error);
    if (error) return io_error(home, "find", error);
    return root;
  }
  // A relative XDG path is invalid and to be ignored, says the XDG base directory specification.
  if (const std::string xdg = variable("XDG_DATA_HOME"); xdg.starts_with('/')) {
    return fs::path(xdg) / "ganglion";
  }
  if (const std::string home = variable("HOME"); !home.empty()) {
    return fs::path(home) / ".local" / "share" / "ganglion";
  }
  return fail(ErrorCode::kNotFound,
              "no place for the model store: set GANGLION_HOME to a folder (HOME is not set)");
}

Result<fs::path> resolve_model(const ModelStore& store, std::string_view name_or_path) {
  std::error_code ignored;
  const fs::path path(name_or_path);
  const bool looks_like_path = name_or_path.find('/') != std::string_view::npos ||
                               name_or_path.ends_with(".gguf") ||
                               name_or_path.ends_with(".safetensors");
  if (name_or_path.empty() || looks_like_path || fs::exists(path, ignored)) return path;
  Result<Manifest> manifest = store.find(name_or_path);
  if (!manifest.ok()) {
    if (manifest.error().code != ErrorCode::kNotFound) return manifest.error();
    return fail(ErrorCode::kNotFound, "{}: no such file or folder, and {}", name_or_path,
                manifest.error().message);
  }
  fs::path found = store.model_path(*manifest);
  if (!fs::exists(found, ignored)) {
    return fail(ErrorCode::kIo, "{}: stored as {}, which is not there any more; pull it again",
                manifest->name, found.string());
  }
  return found;
}

}  // namespace ganglion
