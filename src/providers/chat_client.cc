#include "providers/chat_client.h"

#include "http/event_stream.h"

namespace ganglion {
namespace {

// Whether a failure says that the service is down, rather than that this request is wrong.
bool is_outage(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout ||
         error.code == ErrorCode::kMalformed;
}

}  // namespace

ChatClient::ChatClient(ChatClientOptions options, HttpClient http, Url url, const Clock& clock,
                       Sleep sleep, uint64_t seed)
    : options_(std::move(options)),
      http_(std::move(http)),
      url_(std::move(url)),
      clock_(clock),
      sleep_(std::move(sleep)),
      breaker_(options_.breaker, clock),
      rng_(seed) {}

Result<std::unique_ptr<ChatClient>> ChatClient::create(ChatClientOptions options,
                                                       const Clock& clock, Sleep sleep,
                                                       uint64_t seed) {
  std::string address = options.base_url;
  while (!address.empty() && address.back() == '/') address.pop_back();
  GANGLION_ASSIGN(Url url, parse_url(address + "/chat/completions"));
  if (!url.tls && !options.api_key.empty() && url.host != "127.0.0.1" && url.host != "::1" &&
      url.host != "localhost") {
    return fail(ErrorCode::kDenied,
                "{}: a key would cross the network unencrypted; use https:// or leave the key out",
                options.base_url);
  }
  GANGLION_ASSIGN(HttpClient http, HttpClient::create(options.http));
  return std::unique_ptr<ChatClient>(new ChatClient(std::move(options), std::move(http),
                                                    std::move(url), clock, std::move(sleep), seed));
}

HttpRequest ChatClient::request_for(const RedactedPayload& body) const {
  HttpRequest request;
  request.url = url_;
  request.headers = {{"Content-Type", "application/json"}, {"User-Agent", "ganglion"}};
  if (!options_.api_key.empty()) {
    request.headers.push_back({"Authorization", "Bearer " + options_.api_key});
  }
  request.body = body.bytes();
  return request;
}

ChatClient::Attempt ChatClient::try_complete(const HttpRequest& request) const {
  bool has_sent = false;
  Result<HttpResponse> response = http_.send(request, {}, &has_sent);
  if (!response.ok()) return {response.error(), response.error(), has_sent};
  if (response->status / 100 != 2)
    return {response, chat_error(*response, options_.api_key), has_sent};
  return {response, parse_chat_reply(response->body), has_sent};
}

ChatClient::Attempt ChatClient::try_stream(const HttpRequest& request,
                                           const DeltaSink& sink) const {
  EventStreamParser events;
  ChatStream stream(options_.api_key);
  bool passed_any = false;
  const auto take_event = [&](std::string_view event) -> Status {
    GANGLION_ASSIGN(const std::string added, stream.add(event));
    if (added.empty()) return {};
    passed_any = true;
    sink(added);
    return {};
  };
  bool has_sent = false;
  Result<HttpResponse> response = http_.send(
      request, [&](std::string_view piece) { return events.feed(piece, take_event); }, &has_sent);
  if (!response.ok()) return {response.error(), response.error(), has_sent, !passed_any};
  if (response->status / 100 != 2)
    return {response, chat_error(*response, options_.api_key), has_sent};
  Result<ChatReply> reply = stream.finish();
  if (!reply.ok()) return {reply.error(), reply.error(), has_sent, !passed_any};
  return {std::move(response), std::move(reply), has_sent};
}

ChatOutcome ChatClient::repeat(const std::function<Attempt()>& attempt_once) {
  int sent = 0;
  int unknown = 0;
  for (int attempts = 1;; ++attempts) {
    if (!breaker_.allow()) {
      return {fail(ErrorCode::kUnavailable,
                   "{}: not asked: it failed {} times in a row and is left alone for {} s",
                   url_.authority(), options_.breaker.failures_to_open,
                   options_.breaker.pause_ms / 1000),
              sent, unknown};
    }
    Attempt attempt = attempt_once();
    const bool outage = !attempt.reply.ok() && is_outage(attempt.reply.error());
    breaker_.record(!outage);
    const bool refused = attempt.transport.ok() && attempt.transport->status / 100 != 2;
    sent += attempt.has_sent ? 1 : 0;
    unknown += attempt.has_sent && !attempt.reply.ok() && !refused ? 1 : 0;
    if (attempt.reply.ok()) {
      const auto request_id = attempt.transport->header("x-request-id").value_or("");
      return {std::move(attempt.reply), sent, unknown, std::string(request_id)};
    }
    std::optional<int64_t> delay_ms;
    if (attempt.may_retry) {
      const std::lock_guard lock(rng_mutex_);
      delay_ms =
          retry_delay_ms(options_.retry, attempts, attempt.transport, clock_.wall_us(), rng_);
    }
    if (!delay_ms) {
      Error error = attempt.reply.error();
      error.message += fmt::format(" (attempt {} of {})", attempts, options_.retry.max_attempts);
      return {std::move(error), sent, unknown};
    }
    sleep_(*delay_ms);
  }
}

ChatOutcome ChatClient::complete(const RedactedPayload& body) {
  const HttpRequest request = request_for(body);
  return repeat([&] { return try_complete(request); });
}

ChatOutcome ChatClient::stream(const RedactedPayload& body, const DeltaSink& sink) {
  const HttpRequest request = request_for(body);
  return repeat([&] { return try_stream(request, sink); });
}

}  // namespace ganglion
