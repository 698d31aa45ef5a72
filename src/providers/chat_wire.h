// The chat completions wire format that OpenAI-compatible servers share.
// Source: openai-python e43b422 (request and response fields, error object, stream chunks).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/chat_message.h"
#include "http/http_client.h"
#include "text/json.h"

namespace ganglion {

struct ChatRequest {
  std::string model;
  std::vector<ChatMessage> messages;
  int64_t max_output_tokens = 512;
  double temperature = 0.0;
  bool stream = false;
};

struct ChatReply {
  std::string content;
  std::string finish_reason;  // stop, length, tool_calls, content_filter or function_call
  std::string model;          // as the server names it; may be empty
  int64_t prompt_tokens = 0;
  int64_t completion_tokens = 0;
  bool has_usage = false;  // false: the server did not say; the counts are 0
};

// The body as JSON, to be redacted as a whole before it may leave.
json::value chat_request_json(const ChatRequest& request);

// A complete (not streamed) answer. kMalformed names the member; kLimit when a count is absurd.
Result<ChatReply> parse_chat_reply(std::string_view body);

// The error of a response that is not 2xx, with the server's own message where it sends one
// (cut to 300 bytes: it may quote the request; in printable UTF-8, without `api_key`). kDenied for
// 401 and 403, kUnavailable where a retry may help, else kInvalidArgument.
Error chat_error(const HttpResponse& response, std::string_view api_key);

// Puts a streamed answer together, event by event.
class ChatStream {
 public:
  // `api_key` is left out of error messages.
  explicit ChatStream(std::string_view api_key) : api_key_(api_key) {}

  // `data` of one event; [DONE] ends the stream. The returned text is what the event adds to the
  // content. kUnavailable for an error the server reports in mid-stream.
  Result<std::string> add(std::string_view data);

  // The whole reply. kUnavailable when the stream ended without a finish_reason.
  Result<ChatReply> finish() const;

 private:
  std::string api_key_;
  ChatReply reply_;
  bool done_ = false;
};

}  // namespace ganglion
