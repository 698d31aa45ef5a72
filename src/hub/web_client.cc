#include "hub/web_client.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "hub/model_source.h"

namespace ganglion {
namespace {

constexpr int kMaxRedirects = 10;
constexpr size_t kMaxQuotedBytes = 200;
constexpr int64_t kNoTotalTimeoutMs = int64_t{365} * 24 * 3600 * 1000;

bool is_same_origin(const Url& a, const Url& b) {
  return a.tls == b.tls && a.host == b.host && a.port == b.port;
}

bool is_this_machine(const Url& url) {
  return url.host == "localhost" || url.host == "::1" || url.host.starts_with("127.");
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// An entity tag's text if it is a SHA-256.
std::string sha256_in_etag(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return is_sha256_hex(etag) ? std::string(etag) : "";
}

Result<Url> next_address(const Url& url, const HttpResponse& response) {
  const auto location = response.header("location");
  if (!location) {
    return fail(ErrorCode::kMalformed, "{}: status {} without a Location header", url.authority(),
                response.status);
  }
  Result<Url> next = resolve_reference(url, *location);
  if (!next.ok()) {
    return fail(ErrorCode::kDenied, "{}: redirects to an address that is not followed: {}",
                url.authority(), next.error().message);
  }
  if (url.tls && !next->tls) {
    return fail(ErrorCode::kDenied, "{}: redirects from https to plain http ({}); not followed",
                url.authority(), next->authority());
  }
  return next;
}

HttpRequest make_request(const WebRequest& request, const Url& url) {
  HttpRequest message;
  message.method = "GET";
  message.url = url;
  message.headers = request.headers;
  message.headers.push_back({"User-Agent", "ganglion/" GANGLION_VERSION});
  // A compressed body would have another length and hash than was announced.
  message.headers.push_back({"Accept-Encoding", "identity"});
  if (!request.token.empty() && is_same_origin(url, request.url)) {
    message.headers.push_back({"Authorization", "Bearer " + request.token});
  }
  return message;
}

// Printable ASCII from a server's own words, for a message.
std::string quoted(std::string_view text) {
  std::string plain(text.substr(0, kMaxQuotedBytes));
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
  return plain;
}

}  // namespace

Result<WebClient> WebClient::create(HttpClientOptions options) {
  GANGLION_ASSIGN(HttpClient answers, HttpClient::create(options));
  options.max_streamed_bytes = std::numeric_limits<uint64_t>::max();
  options.total_timeout_ms = kNoTotalTimeoutMs;
  GANGLION_ASSIGN(HttpClient streams, HttpClient::create(std::move(options)));
  return WebClient(std::move(answers), std::move(streams));
}

Result<WebResponse> WebClient::get(const WebRequest& request, const WebHeadSink& head,
                                   const BodySink& sink) const {
  if (!request.token.empty() && !request.url.tls && !is_this_machine(request.url)) {
    return fail(ErrorCode::kDenied,
                "{}: the access token would travel unencrypted; use https, or unset HF_TOKEN",
                request.url.authority());
  }
  WebResponse response;
  response.url = request.url;
  std::vector<std::string> visited;
  const HeadSink head_sink = [&](const HttpResponse& found) {
    return head ? head(found, response.linked_sha256) : Status{};
  };
  const HttpClient& client = sink ? streams_ : answers_;
  while (true) {
    visited.push_back(response.url.text());
    GANGLION_ASSIGN(response.http,
                    client.send(make_request(request, response.url), sink, nullptr, head_sink));
    if (!is_redirect(response.http.status)) return response;
    if (is_same_origin(response.url, request.url)) {
      if (const auto etag = response.http.header("x-linked-etag")) {
        response.linked_sha256 = sha256_in_etag(*etag);
      }
    }
    GANGLION_ASSIGN(response.url, next_address(response.url, response.http));
    const bool is_loop =
        std::find(visited.begin(), visited.end(), response.url.text()) != visited.end();
    if (is_loop || visited.size() > kMaxRedirects) {
      return fail(
          ErrorCode::kMalformed, "{}: {}", request.url.authority(),
          is_loop ? "a redirect loop" : fmt::format("more than {} redirects", kMaxRedirects));
    }
  }
}

Error status_error(std::string_view what, const WebResponse& response,
                   std::string_view denied_advice) {
  const int status = response.http.status;
  const auto words = response.http.header("x-error-message");
  const std::string said = words ? fmt::format(" (\"{}\")", quoted(*words)) : std::string();
  const std::string place =
      fmt::format("{}: {} answered {}{}", what, response.url.authority(), status, said);
  if (status == 401 || status == 403) {
    return fail(ErrorCode::kDenied, "{}: {}", place, denied_advice);
  }
  if (status == 404 || status == 410) {
    return fail(ErrorCode::kNotFound, "{}: no such model, revision or file; check the spelling",
                place);
  }
  if (status == 429) {
    return fail(ErrorCode::kUnavailable, "{}: too many requests; try again later", place);
  }
  if (status == 408 || status >= 500) {
    return fail(ErrorCode::kUnavailable, "{}: the server has a problem; try again later", place);
  }
  return fail(ErrorCode::kMalformed, "{}: expected 200", place);
}

}  // namespace ganglion
