#include "hub/fake_hub.h"

#include <algorithm>
#include <cstdlib>

#include "base/hash.h"
#include "base/rng.h"
#include "formats/gguf_writer.h"
#include "hub/model_source.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr std::string_view kCommit = "0123456789abcdef0123456789abcdef01234567";

std::string hash_of(const std::string& bytes) { return to_hex(sha256(bytes)); }

bool is_weight_file(std::string_view path) {
  return path.ends_with(".gguf") || path.ends_with(".safetensors");
}

}  // namespace

std::string make_test_gguf(size_t tensor_bytes, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(std::max<size_t>(1, tensor_bytes / sizeof(float)));
  for (float& value : values) value = static_cast<float>(rng.uniform());
  GgufWriter writer;
  writer.set_string("general.architecture", "test");
  writer.add_f32("weight", Shape({static_cast<int64_t>(values.size())}), values);
  return writer.serialise().value();
}

std::string request_header(const FakeRequest& request, std::string_view name) {
  const std::string head = lower_ascii(request.head);
  const size_t at = head.find("\r\n" + lower_ascii(name) + ":");
  if (at == std::string::npos) return "";
  const size_t start = request.head.find_first_not_of(' ', at + 3 + name.size());
  return request.head.substr(start, request.head.find("\r\n", start) - start);
}

FakeHub::FakeHub(Fault fault) : fault_(std::move(fault)) {
  server_ =
      std::make_unique<FakeServer>([this](const FakeRequest& request) { return reply(request); });
}

FakeHub::~FakeHub() = default;

void FakeHub::put(const std::string& path, const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  files_[path] = bytes;
}

void FakeHub::put_repository(const std::string& id, const std::vector<File>& files) {
  json::array tree;
  for (const File& file : files) {
    json::object entry{{"type", "file"}, {"path", file.path}, {"size", file.bytes.size()}};
    const std::string resolved = fmt::format("/{}/resolve/{}/{}", id, kCommit, file.path);
    if (is_weight_file(file.path)) {
      const std::string digest = hash_of(file.bytes);
      entry["lfs"] = json::object{{"oid", digest}, {"size", file.bytes.size()}};
      put("/cdn/" + digest, file.bytes);
      const std::lock_guard lock(mutex_);
      redirects_[resolved] =
          fmt::format("Location: /cdn/{}\r\nX-Linked-Etag: \"{}\"\r\n", digest, digest);
    } else {
      put(resolved, file.bytes);
    }
    tree.push_back(std::move(entry));
  }
  put("/api/models/" + id + "/revision/main", json::serialize(json::object{{"sha", kCommit}}));
  put(fmt::format("/api/models/{}/tree/{}?recursive=true", id, kCommit), json::serialize(tree));
}

void FakeHub::put_registry_model(const std::string& name, const std::string& tag,
                                 const std::string& gguf) {
  json::array layers;
  const auto add = [&](const char* kind, const std::string& bytes) {
    const std::string digest = hash_of(bytes);
    layers.push_back(
        json::object{{"mediaType", fmt::format("application/vnd.ollama.image.{}", kind)},
                     {"digest", "sha256:" + digest},
                     {"size", bytes.size()}});
    put(fmt::format("/v2/{}/blobs/sha256:{}", name, digest), bytes);
  };
  add("model", gguf);
  add("template", "{{ .Prompt }}");
  add("params", "{\"stop\":[\"</s>\"]}");
  put(fmt::format("/v2/{}/manifests/{}", name, tag),
      json::serialize(json::object{{"schemaVersion", 2}, {"layers", std::move(layers)}}));
}

void FakeHub::slow_down(size_t piece_bytes, int64_t delay_ms) {
  piece_bytes_ = piece_bytes;
  delay_ms_ = delay_ms;
}

int FakeHub::count(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(path);
  return found == counts_.end() ? 0 : found->second;
}

uint64_t FakeHub::body_bytes() const {
  const std::lock_guard lock(mutex_);
  return body_bytes_;
}

std::string FakeHub::last_head(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = heads_.find(path);
  return found == heads_.end() ? "" : found->second;
}

FakeReply FakeHub::reply(const FakeRequest& request) {
  const size_t start = request.head.find(' ') + 1;
  const std::string path = request.head.substr(start, request.head.find(' ', start) - start);
  int number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ++counts_[path];
    heads_[path] = request.head;
  }
  if (fault_) {
    if (auto faulty = fault_(request, path, number)) return *std::move(faulty);
  }
  const std::lock_guard lock(mutex_);
  if (const auto found = redirects_.find(path); found != redirects_.end()) {
    return fake_reply(302, "", found->second);
  }
  const auto found = files_.find(path);
  return found == files_.end() ? fake_reply(404, "no such file")
                               : file_reply(request, found->second);
}

FakeReply FakeHub::file_reply(const FakeRequest& request, const std::string& bytes) {
  const std::string tag = fmt::format("\"{}\"", hash_of(bytes).substr(0, 16));
  const std::string range = request_header(request, "Range");
  const std::string condition = request_header(request, "If-Range");
  size_t first = 0;
  int status = 200;
  std::string headers = "ETag: " + tag + "\r\n";
  if (honours_ranges_ && range.starts_with("bytes=") && (condition.empty() || condition == tag)) {
    first = std::strtoul(range.c_str() + 6, nullptr, 10);
    if (first >= bytes.size()) return fake_reply(416, "");
    status = 206;
    headers +=
        fmt::format("Content-Range: bytes {}-{}/{}\r\n", first, bytes.size() - 1, bytes.size());
  }
  const std::string body = bytes.substr(first);
  body_bytes_ += body.size();
  if (piece_bytes_ == 0) return fake_reply(status, body, headers);
  FakeReply slow{{{0, fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n", status,
                                  body.size(), headers)}}};
  for (size_t at = 0; at < body.size(); at += piece_bytes_) {
    slow.steps.push_back({delay_ms_, body.substr(at, piece_bytes_)});
  }
  return slow;
}

}  // namespace ganglion
