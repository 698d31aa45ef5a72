// GET for the hubs: follows redirects safely, and turns refusals into messages that help.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/http_client.h"
#include "http/url.h"

namespace ganglion {

struct WebRequest {
  Url url;
  std::vector<HttpHeader> headers;
  // Sent as "Authorization: Bearer …" to the scheme, host and port of `url` alone, never to where
  // it redirects. Refused over plain http, except to this machine.
  std::string token;
  std::string denied_advice;  // for the message when the server answers 401 or 403
};

struct WebResponse {
  HttpResponse http;  // of the last server; never a redirect
  Url url;            // where that was
  // What the first server said of the file's SHA-256 before it redirected (Hugging Face's
  // X-Linked-Etag), 64 lower-case digits, or empty.
  std::string linked_sha256;
};

// `linked_sha256` as above; `head` of a 2xx response, before its body.
using WebHeadSink = std::function<Status(const HttpResponse& head, std::string_view linked_sha256)>;

// Thread-safe.
class WebClient {
 public:
  // As `options` say; but a body that a sink takes may be of any length and take any time, as long
  // as bytes arrive.
  static Result<WebClient> create(HttpClientOptions options);

  // At most 10 redirects. kDenied: from https to http, to another scheme, or a token over plain
  // http; kMalformed: a loop, or no usable Location; else as HttpClient::send. Any other status is
  // a value.
  Result<WebResponse> get(const WebRequest& request, const WebHeadSink& head = {},
                          const BodySink& sink = {}) const;

 private:
  WebClient(HttpClient answers, HttpClient streams)
      : answers_(std::move(answers)), streams_(std::move(streams)) {}

  HttpClient answers_;
  HttpClient streams_;
};

// The error for a status that is not 2xx: kDenied for 401 and 403 (`denied_advice` says what to
// do), kNotFound for 404 and 410, kUnavailable for 408, 429 and 5xx, else kMalformed. `what` is put
// in front.
Error status_error(std::string_view what, const WebResponse& response,
                   std::string_view denied_advice);

}  // namespace ganglion
