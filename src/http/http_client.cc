#include "http/http_client.h"

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>

namespace ganglion {
namespace {

namespace beast = boost::beast;
namespace net = boost::asio;
namespace wire = boost::beast::http;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

bool same_without_case(std::string_view a, std::string_view b) {
  return beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

// One request over one connection. The asynchronous operations are run one at a time to their end:
// only they can time out, and written this way they read like blocking calls.
class Exchange {
 public:
  Exchange(const HttpClientOptions& options, net::ssl::context& tls, const HttpRequest& request)
      : options_(options),
        request_(request),
        deadline_(SteadyClock::now() + std::chrono::milliseconds(options.total_timeout_ms)),
        stream_(context_, tls) {}

  Result<HttpResponse> run(const HeadSink& head_sink, const BodySink& sink) {
    GANGLION_TRY(connect());
    if (!request_.url.tls) return talk(stream_.next_layer(), head_sink, sink);
    GANGLION_TRY(handshake());
    return talk(stream_, head_sink, sink);
  }

  // Whether run() came to the writing of the request.
  bool has_sent() const { return has_sent_; }

 private:
  void allow_ms(int64_t ms) {
    const auto until = SteadyClock::now() + std::chrono::milliseconds(ms);
    stream_.next_layer().expires_at(std::min(until, deadline_));
  }

  template <typename Start>
  error_code finish(Start&& start) {
    error_code outcome;
    start([&outcome](error_code ec, auto&&...) { outcome = ec; });
    context_.restart();
    context_.run();
    return outcome;
  }

  Error describe(std::string_view step, const error_code& ec) const;
  Status connect();
  Status handshake();
  template <typename Stream>
  Result<HttpResponse> talk(Stream& stream, const HeadSink& head_sink, const BodySink& sink);
  template <typename Stream>
  Result<std::string> read_body(Stream& stream, wire::response_parser<wire::buffer_body>& parser,
                                const BodySink& sink);

  const HttpClientOptions& options_;
  const HttpRequest& request_;
  const SteadyClock::time_point deadline_;
  bool has_sent_ = false;
  net::io_context context_;
  net::ssl::stream<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
};

Error Exchange::describe(std::string_view step, const error_code& ec) const {
  const std::string place = fmt::format("{}: {}", request_.url.authority(), step);
  if (ec == beast::error::timeout) {
    return fail(ErrorCode::kTimeout, "{}: no answer within the time allowed", place);
  }
  if (ec == wire::error::body_limit || ec == wire::error::header_limit) {
    return fail(
        ErrorCode::kLimit,
        "{}: the response is larger than the limit of {} header and {} body bytes ({} where "
        "it is streamed)",
        place, options_.max_header_bytes, options_.max_body_bytes, options_.max_streamed_bytes);
  }
  if (ec == wire::error::end_of_stream || ec == wire::error::partial_message) {
    return fail(ErrorCode::kUnavailable, "{}: the connection was cut off in mid-answer", place);
  }
  if (ec.category() == wire::make_error_code(wire::error::bad_version).category()) {
    return fail(ErrorCode::kMalformed, "{}: the answer is not HTTP/1.1 ({})", place, ec.message());
  }
  return fail(ErrorCode::kUnavailable, "{}: {}", place, ec.message());
}

Status Exchange::connect() {
  net::ip::tcp::resolver resolver(context_);
  // Shared with the handler: getaddrinfo cannot be interrupted and may outlive a timeout.
  struct LookUp {
    bool done = false;
    error_code ec;
    net::ip::tcp::resolver::results_type results;
  };
  auto look_up = std::make_shared<LookUp>();
  resolver.async_resolve(request_.url.host, std::to_string(request_.url.port),
                         [look_up](error_code ec, net::ip::tcp::resolver::results_type results) {
                           *look_up = {true, ec, std::move(results)};
                         });
  context_.run_for(std::chrono::milliseconds(options_.connect_timeout_ms));
  if (!look_up->done) return describe("name look-up", beast::error::timeout);
  if (look_up->ec) return describe("name look-up", look_up->ec);
  allow_ms(options_.connect_timeout_ms);
  const error_code ec = finish([&](auto handler) {
    stream_.next_layer().async_connect(look_up->results, std::move(handler));
  });
  if (ec) return describe("connection", ec);
  return {};
}

Status Exchange::handshake() {
  const std::string& host = request_.url.host;
  SSL* session = stream_.native_handle();
  if (SSL_set_tlsext_host_name(session, host.c_str()) != 1) {
    return fail(ErrorCode::kInvalidArgument, "{}: not a valid host name for TLS", host);
  }
  stream_.set_verify_callback(net::ssl::host_name_verification(host));
  allow_ms(options_.connect_timeout_ms);
  const error_code ec = finish([&](auto handler) {
    stream_.async_handshake(net::ssl::stream_base::client, std::move(handler));
  });
  if (!ec) return {};
  const long verdict = SSL_get_verify_result(session);
  if (verdict == X509_V_OK && ec.message().find("verify") == std::string::npos) {
    return describe("TLS handshake", ec);
  }
  const std::string_view reason =
      verdict == X509_V_OK ? "it is for another host" : X509_verify_cert_error_string(verdict);
  return fail(ErrorCode::kDenied,
              "{}: its certificate is not accepted: {}; nothing was sent. Name the authority that "
              "signed it with ca_file",
              request_.url.authority(), reason);
}

template <typename Stream>
Result<HttpResponse> Exchange::talk(Stream& stream, const HeadSink& head_sink,
                                    const BodySink& sink) {
  wire::request<wire::string_body> message;
  message.method_string(request_.method);
  message.target(request_.url.path);
  message.version(11);
  message.set(wire::field::host, request_.url.authority());
  message.set(wire::field::connection, "close");
  for (const HttpHeader& header : request_.headers) message.set(header.name, header.value);
  message.body() = request_.body;
  message.prepare_payload();
  allow_ms(options_.idle_timeout_ms);
  has_sent_ = true;
  error_code ec =
      finish([&](auto handler) { wire::async_write(stream, message, std::move(handler)); });
  if (ec) return describe("sending", ec);

  wire::response_parser<wire::buffer_body> parser;
  parser.header_limit(options_.max_header_bytes);
  parser.body_limit(boost::none);  // which one applies is known when the status is
  allow_ms(options_.idle_timeout_ms);
  ec = finish(
      [&](auto handler) { wire::async_read_header(stream, buffer_, parser, std::move(handler)); });
  if (ec) return describe("answer", ec);
  HttpResponse response;
  response.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    response.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  const bool succeeded = response.status / 100 == 2;
  const bool streams = sink && succeeded;
  const uint64_t limit = streams ? options_.max_streamed_bytes : options_.max_body_bytes;
  if (const auto length = parser.content_length(); length && *length > limit) {
    return describe("answer", wire::error::body_limit);
  }
  parser.body_limit(limit);
  if (head_sink && succeeded) GANGLION_TRY(head_sink(response));
  GANGLION_ASSIGN(response.body, read_body(stream, parser, streams ? sink : BodySink{}));
  return response;
}

template <typename Stream>
Result<std::string> Exchange::read_body(Stream& stream,
                                        wire::response_parser<wire::buffer_body>& parser,
                                        const BodySink& sink) {
  std::string body;
  std::array<char, 16 * 1024> piece;
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    allow_ms(options_.idle_timeout_ms);
    // read_some: a piece is passed on when it arrives, not when the buffer is full.
    error_code ec = finish(
        [&](auto handler) { wire::async_read_some(stream, buffer_, parser, std::move(handler)); });
    if (ec == wire::error::need_buffer) ec = {};
    if (ec == net::ssl::error::stream_truncated || ec == net::error::eof) {
      ec = wire::error::partial_message;
    }
    if (ec) return describe("answer", ec);
    const std::string_view bytes(piece.data(), piece.size() - parser.get().body().size);
    if (!sink) {
      body += bytes;
    } else if (!bytes.empty()) {
      GANGLION_TRY(sink(bytes));
    }
  }
  return body;
}

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const HttpHeader& field : headers) {
    if (same_without_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

struct HttpClient::State {
  HttpClientOptions options;
  net::ssl::context tls{net::ssl::context::tls_client};
};

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::create(HttpClientOptions options) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  net::ssl::context& tls = state->tls;
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  tls.set_verify_mode(net::ssl::verify_peer);
  error_code ec;
  if (state->options.ca_file.empty()) {
    tls.set_default_verify_paths(ec);
  } else {
    tls.load_verify_file(state->options.ca_file, ec);
  }
  if (ec) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: cannot read trusted certificates ({}); expected a PEM file",
                state->options.ca_file, ec.message());
  }
  return HttpClient(std::move(state));
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request, const BodySink& sink,
                                      bool* has_sent, const HeadSink& head_sink) const {
  if (has_sent != nullptr) *has_sent = false;
  for (const HttpHeader& header : request.headers) {
    // A line break in a value (a key pasted with its newline) would start a header of its own.
    if ((header.name + header.value).find_first_of("\r\n") != std::string::npos) {
      return fail(ErrorCode::kInvalidArgument, "header \"{}\": its value holds a line break",
                  header.name);
    }
  }
  Exchange exchange(state_->options, state_->tls, request);
  Result<HttpResponse> response = exchange.run(head_sink, sink);
  if (has_sent != nullptr) *has_sent = exchange.has_sent();
  return response;
}

}  // namespace ganglion
