// A real HTTP(S) server for tests, with faults: it reads a request and sends scripted bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

struct FakeRequest {
  std::string head;  // request line and headers, as sent
  std::string body;
};

// Steps are done in order: wait, then send. After the last the connection is closed.
struct FakeReply {
  struct Step {
    int64_t delay_ms = 0;
    std::string bytes;
  };
  std::vector<Step> steps;
};

// A whole response with a Content-Length. `headers`: complete lines, each ending in "\r\n".
FakeReply fake_reply(int status, std::string_view body, std::string_view headers = "");

struct FakeCertificate {
  std::string certificate_pem;
  std::string key_pem;
};

// Signed by itself, for one host name or IPv4 address; valid from yesterday for `valid_days`
// (negative: expired).
FakeCertificate make_fake_certificate(const std::string& host, int valid_days = 2);

// Listens on 127.0.0.1 with a few threads; one request per connection. Ignores SIGPIPE for the
// whole process. The handler is called from several threads at once.
class FakeServer {
 public:
  using Replier = std::function<FakeReply(const FakeRequest&)>;

  explicit FakeServer(Replier replier, std::optional<FakeCertificate> certificate = std::nullopt);
  ~FakeServer();

  uint16_t port() const;
  // "http://127.0.0.1:PORT"
  std::string origin() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ganglion
