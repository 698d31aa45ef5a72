// Asks a remote model, and asks again where that may help.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "http/circuit_breaker.h"
#include "http/http_client.h"
#include "http/retry.h"
#include "providers/chat_wire.h"
#include "text/redacted_payload.h"

namespace ganglion {

struct ChatClientOptions {
  std::string base_url;  // up to and without /chat/completions
  std::string api_key;   // sent as a bearer token; empty: none is sent
  HttpClientOptions http;
  RetryPolicy retry;
  CircuitBreakerOptions breaker;
};

// What a call brought and what it used, whether or not it brought an answer.
struct ChatOutcome {
  Result<ChatReply> reply;
  int attempts_sent = 0;  // some bytes of the body may have left
  // Of those sent, the ones whose bill is unknown: timed out, cut off or not understood, where a
  // server normally has done the work. A status other than 2xx is not billed.
  int attempts_of_unknown_cost = 0;
  std::string request_id{};  // the server's x-request-id; may be empty
};

// Sends redacted bodies only: nothing else has the type. Thread-safe.
class ChatClient {
 public:
  using Sleep = std::function<void(int64_t ms)>;
  using DeltaSink = std::function<void(std::string_view added)>;

  // `clock` must outlive the client; `seed` is for the jitter of the back-off.
  static Result<std::unique_ptr<ChatClient>> create(ChatClientOptions options, const Clock& clock,
                                                    Sleep sleep, uint64_t seed);

  // The exact bytes of `body` (made of a chat_request_json with stream false) go to the server.
  // Errors as HttpClient::send and chat_error; kUnavailable at once while the circuit is open. A
  // key never appears in a message.
  ChatOutcome complete(const RedactedPayload& body);

  // For a body with stream true: `sink` gets the answer as it is written. Not retried once the
  // sink got something.
  ChatOutcome stream(const RedactedPayload& body, const DeltaSink& sink);

 private:
  // One attempt: the transport's outcome, for the retry rule, and the parsed reply.
  struct Attempt {
    Result<HttpResponse> transport;
    Result<ChatReply> reply;
    bool has_sent = false;
    bool may_retry = true;
  };

  ChatClient(ChatClientOptions options, HttpClient http, Url url, const Clock& clock, Sleep sleep,
             uint64_t seed);
  HttpRequest request_for(const RedactedPayload& body) const;
  Attempt try_complete(const HttpRequest& request) const;
  Attempt try_stream(const HttpRequest& request, const DeltaSink& sink) const;
  ChatOutcome repeat(const std::function<Attempt()>& attempt_once);

  const ChatClientOptions options_;
  const HttpClient http_;
  const Url url_;
  const Clock& clock_;
  const Sleep sleep_;
  CircuitBreaker breaker_;
  std::mutex rng_mutex_;
  Rng rng_;
};

}  // namespace ganglion
