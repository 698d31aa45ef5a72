#include "providers/chat_wire.h"

#include <algorithm>

#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr std::string_view kSource = "chat completion";
constexpr size_t kMaxMessageBytes = 300;
constexpr size_t kMinKeyBytes = 8;  // anything shorter ("none", "key") is a placeholder, no secret
constexpr int64_t kMaxTokens = int64_t{1} << 24;  // keeps every price and sum of prices in 64 bits

Error misshapen(std::string_view problem) {
  return fail(ErrorCode::kMalformed, "{}: {}; is this address an OpenAI-compatible server?",
              kSource, problem);
}

Result<json::object> parse_object(std::string_view text) {
  GANGLION_ASSIGN(json::value value, parse_json(text, kSource));
  if (!value.is_object()) return misshapen("expected an object");
  return std::move(value.get_object());
}

// A member that may be absent or null.
std::string optional_string(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

Result<int64_t> token_count(const json::object& usage, std::string_view key) {
  GANGLION_ASSIGN(const int64_t count, json_integer(usage, key));
  if (count < 0 || count > kMaxTokens) {
    return fail(ErrorCode::kLimit, "{}: usage.{}: expected 0 to 2^24 tokens, found {}", kSource,
                key, count);
  }
  return count;
}

Status read_usage(const json::object& object, ChatReply& reply) {
  const json::value* usage = object.if_contains("usage");
  if (usage == nullptr || !usage->is_object()) return {};
  GANGLION_ASSIGN(reply.prompt_tokens, token_count(usage->get_object(), "prompt_tokens"));
  GANGLION_ASSIGN(reply.completion_tokens, token_count(usage->get_object(), "completion_tokens"));
  reply.has_usage = true;
  return {};
}

// choices[0]; null where there is none (the last chunk of a stream has only usage).
Result<const json::object*> first_choice(const json::object& object) {
  GANGLION_ASSIGN(const json::array* choices, json_array(object, "choices"));
  if (choices->empty()) return static_cast<const json::object*>(nullptr);
  if (!choices->front().is_object()) return misshapen("choices[0] is not an object");
  return &choices->front().get_object();
}

// Servers write {"error": {"message": …}} or {"error": "…"}.
std::string server_message(const json::object& object) {
  const json::value* error = object.if_contains("error");
  if (error == nullptr) return "";
  if (error->is_string()) return std::string(error->get_string());
  return error->is_object() ? optional_string(error->get_object(), "message") : "";
}

// Servers echo a key they do not know: "Incorrect API key provided: …".
std::string without_key(std::string text, std::string_view api_key) {
  constexpr std::string_view kStandIn = "[key]";
  if (api_key.size() < kMinKeyBytes) return text;
  for (size_t at = 0; (at = text.find(api_key, at)) != std::string::npos; at += kStandIn.size()) {
    text.replace(at, api_key.size(), kStandIn);
  }
  return text;
}

// A header may hold any bytes, but the ledger takes UTF-8 only and a terminal obeys controls.
std::string printable(std::string text) {
  const bool is_utf8 = find_invalid_utf8(text) == std::string::npos;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : '\0');
    if (byte < ' ' || byte == 0x7f) text[i] = ' ';
    if (byte >= 0x80 && !is_utf8) text[i] = '?';
    if (byte == 0xc2 && next < 0xa0 && is_utf8) text.replace(i, 2, " ");  // U+0080 to U+009F
  }
  return text;
}

std::string shortened(std::string text, std::string_view api_key) {
  text = printable(without_key(std::move(text), api_key));
  if (text.size() <= kMaxMessageBytes) return text;
  size_t end = kMaxMessageBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

json::value chat_request_json(const ChatRequest& request) {
  json::array messages;
  for (const ChatMessage& message : request.messages) {
    messages.push_back(json::object{{"role", message.role}, {"content", message.content}});
  }
  json::object body{{"model", request.model},
                    {"messages", std::move(messages)},
                    // max_completion_tokens is dropped in silence by some servers (Ollama fb30760).
                    {"max_tokens", request.max_output_tokens},
                    {"temperature", request.temperature}};
  if (request.stream) {
    body["stream"] = true;
    body["stream_options"] = json::object{{"include_usage", true}};
  }
  return body;
}

Result<ChatReply> parse_chat_reply(std::string_view body) {
  GANGLION_ASSIGN(const json::object object, parse_object(body));
  GANGLION_ASSIGN(const json::object* choice, first_choice(object));
  if (choice == nullptr) return misshapen("\"choices\" is empty");
  GANGLION_ASSIGN(const json::object* message, json_object(*choice, "message"));
  ChatReply reply;
  GANGLION_ASSIGN(const std::string_view content, json_string(*message, "content"));
  reply.content = content;
  reply.finish_reason = optional_string(*choice, "finish_reason");
  reply.model = optional_string(object, "model");
  GANGLION_TRY(read_usage(object, reply));
  return reply;
}

Error chat_error(const HttpResponse& response, std::string_view api_key) {
  const int status = response.status;
  std::string message;
  if (const auto object = parse_object(response.body); object.ok()) {
    message = server_message(*object);
  }
  if (status / 100 == 3) {
    return fail(
        ErrorCode::kDenied,
        "remote model: HTTP {}: the server redirects to \"{}\"; redirects are not followed, "
        "set base_url to the final address",
        status, shortened(std::string(response.header("location").value_or("")), api_key));
  }
  const bool denied = status == 401 || status == 403;
  const bool passing = status == 408 || status == 409 || status == 429 || status >= 500;
  const ErrorCode code = denied    ? ErrorCode::kDenied
                         : passing ? ErrorCode::kUnavailable
                                   : ErrorCode::kInvalidArgument;
  return fail(code, "remote model: HTTP {}{}{}{}", status, message.empty() ? "" : ": ",
              shortened(message, api_key),
              denied ? "; check the key in the variable api_key_env" : "");
}

Result<std::string> ChatStream::add(std::string_view data) {
  if (data == "[DONE]") {
    done_ = true;
    return std::string();
  }
  GANGLION_ASSIGN(const json::object chunk, parse_object(data));
  if (chunk.contains("error")) {
    return fail(ErrorCode::kUnavailable, "remote model: failed in mid-answer: {}",
                shortened(server_message(chunk), api_key_));
  }
  GANGLION_TRY(read_usage(chunk, reply_));
  GANGLION_ASSIGN(const json::object* choice, first_choice(chunk));
  if (choice == nullptr) return std::string();
  if (reply_.model.empty()) reply_.model = optional_string(chunk, "model");
  const std::string reason = optional_string(*choice, "finish_reason");
  if (!reason.empty()) reply_.finish_reason = reason;
  GANGLION_ASSIGN(const json::object* delta, json_object(*choice, "delta"));
  std::string added = optional_string(*delta, "content");
  reply_.content += added;
  return added;
}

Result<ChatReply> ChatStream::finish() const {
  if (reply_.finish_reason.empty()) {
    return fail(ErrorCode::kUnavailable, "remote model: the stream ended in mid-answer{}",
                done_ ? " ([DONE] without a finish_reason)" : "");
  }
  return reply_;
}

}  // namespace ganglion
