// HTTP/1.1 client with TLS verification, timeouts and size limits.
//
// Redirects are returned, never followed: a body meant for one host must not reach another.
// Compressed bodies are not asked for. Boost.Beast stays inside http_client.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/url.h"

namespace ganglion {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method = "POST";
  Url url;
  std::vector<HttpHeader> headers;  // Host, Content-Length and Connection are set by the client
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;  // empty where a sink took it

  // The first header of that name, compared without case.
  std::optional<std::string_view> header(std::string_view name) const;
};

struct HttpClientOptions {
  int64_t connect_timeout_ms = 5'000;  // each of name look-up, connection, TLS handshake
  int64_t idle_timeout_ms = 60'000;    // longest wait for the next byte
  int64_t total_timeout_ms = 600'000;  // the whole exchange
  uint32_t max_header_bytes = 64 * 1024;
  uint64_t max_body_bytes = 8 * 1024 * 1024;
  uint64_t max_streamed_bytes = 8 * 1024 * 1024;  // of a body that a sink takes
  std::string ca_file;  // PEM with the trusted authorities; empty: those of the system
};

// Takes the body of a 2xx response as it arrives; an error ends the exchange and is returned.
using BodySink = std::function<Status(std::string_view piece)>;
// Sees status and headers of a 2xx response before its body; an error ends the exchange likewise.
using HeadSink = std::function<Status(const HttpResponse& head)>;

// Thread-safe: each call opens its own connection (an escalation waits seconds for a model; a pool
// of connections would save milliseconds and add states that break).
class HttpClient {
 public:
  // kInvalidArgument when the ca_file cannot be read.
  static Result<HttpClient> create(HttpClientOptions options);
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // Any status is a value. Errors: kUnavailable (no connection, cut off), kTimeout, kDenied
  // (certificate not trusted or for another host), kMalformed (not HTTP), kLimit (too large).
  // Without a sink the whole body is in the response. `has_sent`, where given, tells whether any
  // byte of the request may have left, which an error alone does not say.
  Result<HttpResponse> send(const HttpRequest& request, const BodySink& sink = {},
                            bool* has_sent = nullptr, const HeadSink& head_sink = {}) const;

 private:
  struct State;
  explicit HttpClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ganglion
