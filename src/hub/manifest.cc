#include "hub/manifest.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "hub/model_source.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr int64_t kVersion = 1;
constexpr size_t kMaxFiles = 10'000;
constexpr int64_t kMaxFileBytes = int64_t{1} << 50;

Result<StoredFile> parse_file(const json::value& value) {
  if (!value.is_object()) {
    return fail(ErrorCode::kMalformed, "\"files\": expected objects, found {}",
                json_kind_name(value.kind()));
  }
  StoredFile file;
  GANGLION_ASSIGN(file.path, json_string(value.get_object(), "path"));
  GANGLION_ASSIGN(file.sha256, json_string(value.get_object(), "sha256"));
  GANGLION_ASSIGN(const int64_t size, json_integer(value.get_object(), "size"));
  if (!is_safe_relative_path(file.path)) {
    return fail(ErrorCode::kMalformed, "\"path\": leads out of the model's folder");
  }
  if (!is_sha256_hex(file.sha256) || size < 0 || size > kMaxFileBytes) {
    return fail(ErrorCode::kMalformed, "\"{}\": its size or its sha256 cannot be", file.path);
  }
  file.size = static_cast<uint64_t>(size);
  return file;
}

Status check_files(const Manifest& manifest) {
  const auto is_after = [](const StoredFile& a, const StoredFile& b) { return a.path >= b.path; };
  const std::vector<StoredFile>& files = manifest.files;
  if (files.empty() || std::adjacent_find(files.begin(), files.end(), is_after) != files.end()) {
    return fail(ErrorCode::kMalformed,
                "\"files\": expected at least one, sorted by path, each path once");
  }
  const bool has_main = std::any_of(files.begin(), files.end(), [&](const StoredFile& file) {
    return file.path == manifest.main;
  });
  if (manifest.main.empty() || has_main) return {};
  return fail(ErrorCode::kMalformed, "\"main\": no file of the model");
}

Result<Manifest> read_members(const json::object& object) {
  GANGLION_ASSIGN(const int64_t version, json_integer(object, "version"));
  if (version != kVersion) {
    return fail(ErrorCode::kUnsupported, "\"version\": expected {}, found {}", kVersion, version);
  }
  Manifest manifest;
  GANGLION_ASSIGN(manifest.name, json_string(object, "name"));
  GANGLION_ASSIGN(manifest.source, json_string(object, "source"));
  GANGLION_ASSIGN(manifest.revision, json_string(object, "revision"));
  GANGLION_ASSIGN(manifest.type, json_string(object, "type"));
  GANGLION_ASSIGN(manifest.main, json_string(object, "main"));
  GANGLION_ASSIGN(manifest.pulled_at_us, json_integer(object, "pulled_at_us"));
  GANGLION_TRY(check_model_name(manifest.name));
  GANGLION_ASSIGN(const json::array* files, json_array(object, "files"));
  if (files->size() > kMaxFiles) {
    return fail(ErrorCode::kLimit, "\"files\": more than {}", kMaxFiles);
  }
  for (const json::value& value : *files) {
    GANGLION_ASSIGN(StoredFile file, parse_file(value));
    manifest.files.push_back(std::move(file));
  }
  GANGLION_TRY(check_files(manifest));
  return manifest;
}

}  // namespace

uint64_t Manifest::size() const {
  uint64_t total = 0;
  for (const StoredFile& file : files) total += file.size;
  return total;
}

std::string manifest_json(const Manifest& manifest) {
  json::array files;
  for (const StoredFile& file : manifest.files) {
    files.push_back(
        json::object{{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}});
  }
  return to_json_text(json::object{{"version", kVersion},
                                   {"name", manifest.name},
                                   {"source", manifest.source},
                                   {"revision", manifest.revision},
                                   {"type", manifest.type},
                                   {"main", manifest.main},
                                   {"pulled_at_us", manifest.pulled_at_us},
                                   {"files", std::move(files)}}) +
         "\n";
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view source_name) {
  GANGLION_ASSIGN(const json::value value, parse_json(text, source_name));
  if (!value.is_object()) {
    return fail(ErrorCode::kMalformed, "{}: expected an object, found {}", source_name,
                json_kind_name(value.kind()));
  }
  Result<Manifest> manifest = read_members(value.get_object());
  if (!manifest.ok()) return at_place(source_name, manifest.error());
  return manifest;
}

std::string utc_minute_text(int64_t wall_us) {
  const auto seconds = static_cast<time_t>(wall_us / 1'000'000);
  tm date{};
  if (gmtime_r(&seconds, &date) == nullptr) return "?";
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &date));
}

}  // namespace ganglion
