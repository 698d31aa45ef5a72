#include "providers/chat_wire.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(ChatWire, WritesTheRequest) {
  ChatRequest request{"big", {{"system", "Be brief."}, {"user", "\"Hi\"\n"}}, 64, 0.0, false};
  EXPECT_EQ(to_json_text(chat_request_json(request)),
            R"({"model":"big","messages":[{"role":"system","content":"Be brief."},)"
            R"({"role":"user","content":"\"Hi\"\n"}],"max_tokens":64,"temperature":0})");
  request.stream = true;
  const json::value body = chat_request_json(request);
  EXPECT_TRUE(body.at("stream").as_bool());
  EXPECT_TRUE(body.at("stream_options").at("include_usage").as_bool());
}

TEST(ChatWire, ReadsTheReply) {
  const auto reply = parse_chat_reply(
      R"({"model":"big-1","choices":[{"message":{"role":"assistant","content":"Hello"},)"
      R"("finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}})");
  ASSERT_TRUE(reply.ok()) << reply.error().message;
  EXPECT_EQ(reply->content, "Hello");
  EXPECT_EQ(reply->finish_reason, "stop");
  EXPECT_EQ(reply->model, "big-1");
  EXPECT_EQ(reply->prompt_tokens, 7);
  EXPECT_EQ(reply->completion_tokens, 2);
  EXPECT_TRUE(reply->has_usage);
}

TEST(ChatWire, AReplyWithoutUsageSaysSo) {
  const auto reply = parse_chat_reply(R"({"choices":[{"message":{"content":"x"}}]})");
  ASSERT_TRUE(reply.ok());
  EXPECT_FALSE(reply->has_usage);
}

TEST(ChatWire, RefusesWhatIsNotAReply) {
  for (const char* body :
       {"", "<html>", "[]", "{}", R"({"choices":[]})", R"({"choices":[1]})", R"({"choices":{}})",
        R"({"choices":[{"message":{"content":null}}]})",
        R"({"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":-1,)"
        R"("completion_tokens":1}})",
        R"({"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":1e18,)"
        R"("completion_tokens":1}})"}) {
    EXPECT_FALSE(parse_chat_reply(body).ok()) << body;
  }
}

TEST(ChatWire, DescribesErrors) {
  const auto error = [](int status, std::string body) {
    return chat_error(HttpResponse{status, {{"Location", "http://evil/"}}, std::move(body)}, "");
  };
  EXPECT_EQ(error(429, R"({"error":{"message":"slow\ndown"}})").message,
            "remote model: HTTP 429: slow down");
  EXPECT_EQ(error(429, "").code, ErrorCode::kUnavailable);
  EXPECT_EQ(error(500, R"({"error":"boom"})").message, "remote model: HTTP 500: boom");
  EXPECT_EQ(error(401, "").code, ErrorCode::kDenied);
  EXPECT_NE(error(401, "").message.find("api_key_env"), std::string::npos);
  EXPECT_EQ(error(404, "<html>").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error(302, "").code, ErrorCode::kDenied);
  EXPECT_NE(error(302, "").message.find("http://evil/"), std::string::npos);
  const std::string longest(1000, 'x');
  EXPECT_LT(error(400, R"({"error":")" + longest + "\"}").message.size(), 400u);
}

TEST(ChatWire, ErrorsNeverHoldTheKey) {
  const std::string_view body = R"({"error":{"message":"Incorrect key sk-secret"}})";
  EXPECT_EQ(chat_error(HttpResponse{400, {}, std::string(body)}, "sk-secret").message,
            "remote model: HTTP 400: Incorrect key [key]");
  // Cutting first would leave a part of it.
  const std::string cut = R"({"error":")" + std::string(295, 'x') + "sk-secret\"}";
  EXPECT_EQ(chat_error(HttpResponse{400, {}, cut}, "sk-secret").message.find("sk-"),
            std::string::npos);
  // As some JSON writers escape it.
  const std::string escaped = R"({"error":"Bearer sk\/secret\u002b"})";
  EXPECT_EQ(chat_error(HttpResponse{400, {}, escaped}, "sk/secret+").message,
            "remote model: HTTP 400: Bearer [key]");
  const HttpResponse redirect{302, {{"Location", "http://x/?key=sk-secret"}}, ""};
  EXPECT_NE(chat_error(redirect, "sk-secret").message.find("http://x/?key=[key]\""),
            std::string::npos);
  ChatStream stream("sk-secret");
  EXPECT_EQ(stream.add(body).error().message,
            "remote model: failed in mid-answer: Incorrect key [key]");
  // A placeholder for a server that wants none is no secret.
  EXPECT_EQ(chat_error(HttpResponse{500, {}, R"({"error":"none left"})"}, "none").message,
            "remote model: HTTP 500: none left");
}

TEST(ChatWire, ErrorsArePrintableUtf8) {
  const auto redirect_to = [](std::string place) {
    const HttpResponse response{302, {{"Location", std::move(place)}}, ""};
    return chat_error(response, "").message;
  };
  EXPECT_NE(redirect_to("http://x/caf\xe9\x1b[31m").find("\"http://x/caf? [31m\""),
            std::string::npos);
  EXPECT_NE(redirect_to("http://x/café\x7f\x01\xc2\x9b").find("\"http://x/café   \""),
            std::string::npos);
  EXPECT_NE(redirect_to("\xc2").find("\"?\""), std::string::npos);
}

TEST(ChatWire, RefusesAnAbsurdNumberOfTokens) {
  const auto reply_with = [](std::string_view count) {
    return parse_chat_reply(
        fmt::format(R"({{"choices":[{{"message":{{"content":"x"}}}}],"usage":{{"prompt_tokens":{},)"
                    R"("completion_tokens":1}}}})",
                    count));
  };
  EXPECT_TRUE(reply_with("16777216").ok());
  ASSERT_FALSE(reply_with("16777217").ok());
  EXPECT_EQ(reply_with("16777217").error().code, ErrorCode::kLimit);
}

TEST(ChatWire, PutsAStreamTogether) {
  ChatStream stream("");
  EXPECT_EQ(stream.add(R"({"model":"m","choices":[{"delta":{"role":"assistant"}}]})").value(), "");
  EXPECT_EQ(stream.add(R"({"choices":[{"delta":{"content":"Hel"}}],"usage":null})").value(), "Hel");
  EXPECT_EQ(stream.add(R"({"choices":[{"delta":{"content":"lo"}}]})").value(), "lo");
  EXPECT_FALSE(stream.finish().ok());
  EXPECT_TRUE(stream.add(R"({"choices":[{"delta":{},"finish_reason":"stop"}]})").ok());
  EXPECT_TRUE(
      stream.add(R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})").ok());
  EXPECT_TRUE(stream.add("[DONE]").ok());
  const ChatReply reply = stream.finish().value();
  EXPECT_EQ(reply.content, "Hello");
  EXPECT_EQ(reply.completion_tokens, 2);
  EXPECT_EQ(reply.model, "m");
}

TEST(ChatWire, AnErrorInMidStreamIsAnOutage) {
  ChatStream stream("");
  const auto added = stream.add(R"({"error":{"message":"out of memory"}})");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(added.error().message.find("out of memory"), std::string::npos);
  EXPECT_FALSE(stream.add("not json").ok());
}

}  // namespace
}  // namespace ganglion
