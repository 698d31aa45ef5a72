// A local server for tests that speaks the protocols of the model hubs: Hugging Face's API and
// files, an Ollama registry, plain files with ranges.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/fake_server.h"

namespace ganglion {

// A valid GGUF file of about `tensor_bytes`, different for every seed.
std::string make_test_gguf(size_t tensor_bytes, uint64_t seed);

class FakeHub {
 public:
  struct File {
    std::string path;
    std::string bytes;
  };
  // Answers a request instead of the hub, or leaves it to it; `number` counts the requests for that
  // path from 1.
  using Fault = std::function<std::optional<FakeReply>(const FakeRequest& request,
                                                       const std::string& path, int number)>;

  explicit FakeHub(Fault fault = {});
  ~FakeHub();

  std::string origin() const { return server_->origin(); }

  // GET `path` answers with these bytes, honours Range and If-Range and has an entity tag.
  void put(const std::string& path, const std::string& bytes);
  // A repository at revision "main": weights in large-file storage behind a redirect, as the Hub
  // keeps them.
  void put_repository(const std::string& id, const std::vector<File>& files);
  // A model of the registry with a GGUF layer, a template and parameters.
  void put_registry_model(const std::string& name, const std::string& tag, const std::string& gguf);

  // File bodies come in pieces of so many bytes, each after a delay. Set before the first request.
  void slow_down(size_t piece_bytes, int64_t delay_ms);
  void ignore_ranges() { honours_ranges_ = false; }

  int count(const std::string& path) const;  // requests for it
  uint64_t body_bytes() const;               // of all file replies, whether or not they arrived
  std::string last_head(const std::string& path) const;

 private:
  FakeReply reply(const FakeRequest& request);
  FakeReply file_reply(const FakeRequest& request, const std::string& bytes);

  Fault fault_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> files_;      // by path
  std::map<std::string, std::string> redirects_;  // path to headers
  std::map<std::string, int> counts_;
  std::map<std::string, std::string> heads_;
  uint64_t body_bytes_ = 0;
  size_t piece_bytes_ = 0;
  int64_t delay_ms_ = 0;
  bool honours_ranges_ = true;
  std::unique_ptr<FakeServer> server_;
};

// The value of a request's header, compared without case; "" when it is not there.
std::string request_header(const FakeRequest& request, std::string_view name);

}  // namespace ganglion
