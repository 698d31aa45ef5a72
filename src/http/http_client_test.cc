#include "http/http_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "base/file.h"
#include "http/fake_server.h"

namespace ganglion {
namespace {

HttpClientOptions quick_options() {
  HttpClientOptions options;
  options.connect_timeout_ms = 2'000;
  options.idle_timeout_ms = 300;
  options.total_timeout_ms = 3'000;
  options.max_body_bytes = 100'000;
  return options;
}

Result<HttpResponse> get(const std::string& address, const HttpClientOptions& options,
                         const BodySink& sink = {}, bool* has_sent = nullptr) {
  HttpRequest request;
  request.url = parse_url(address).value();
  request.headers = {{"Content-Type", "application/json"}};
  request.body = "{\"question\":1}";
  return HttpClient::create(options).value().send(request, sink, has_sent);
}

ErrorCode error_against(const FakeReply& reply, HttpClientOptions options = quick_options()) {
  FakeServer server([&](const FakeRequest&) { return reply; });
  const Result<HttpResponse> response = get(server.origin() + "/v1", options);
  EXPECT_FALSE(response.ok());
  if (response.ok()) return ErrorCode::kInvalidArgument;
  EXPECT_NE(response.error().message.find("127.0.0.1"), std::string::npos);
  return response.error().code;
}

std::string ca_file_of(const FakeCertificate& certificate, const char* name) {
  const std::string path = testing::TempDir() + name;
  EXPECT_TRUE(write_file_atomic(path, certificate.certificate_pem).ok());
  return path;
}

TEST(HttpClient, SendsTheRequestAndReturnsTheResponse) {
  FakeRequest seen;
  FakeServer server([&](const FakeRequest& request) {
    seen = request;
    return fake_reply(201, "hello", "X-Request-Id: 42\r\n");
  });
  const Result<HttpResponse> response = get(server.origin() + "/v1/chat?x=1", quick_options());
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->header("x-request-ID"), "42");
  EXPECT_FALSE(response->header("absent"));
  EXPECT_EQ(seen.body, "{\"question\":1}");
  EXPECT_EQ(seen.head.substr(0, seen.head.find('\r')), "POST /v1/chat?x=1 HTTP/1.1");
  EXPECT_NE(seen.head.find("Content-Type: application/json"), std::string::npos);
}

TEST(HttpClient, StreamsPiecesAsTheyArrive) {
  FakeServer server([](const FakeRequest&) {
    return FakeReply{{{0, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"},
                      {50, "3\r\ntwo\r\n"},
                      {50, "0\r\n\r\n"}}};
  });
  std::vector<std::string> pieces;
  const auto response = get(server.origin(), quick_options(), [&](std::string_view piece) {
    pieces.emplace_back(piece);
    return Status{};
  });
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(pieces, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(response->body, "");
}

TEST(HttpClient, TheSinkCanStopTheExchangeAndNeverSeesAnErrorPage) {
  FakeServer server([](const FakeRequest& request) {
    return fake_reply(request.head.find("/bad") == std::string::npos ? 200 : 500, "body");
  });
  const BodySink stop = [](std::string_view) -> Status {
    return fail(ErrorCode::kConflict, "enough");
  };
  EXPECT_EQ(get(server.origin(), quick_options(), stop).error().message, "enough");
  const auto error_page = get(server.origin() + "/bad", quick_options(), stop);
  ASSERT_TRUE(error_page.ok());
  EXPECT_EQ(error_page->body, "body");
}

TEST(HttpClient, TheHeadComesBeforeTheBodyAndCanRefuseIt) {
  FakeServer server([](const FakeRequest& request) {
    return fake_reply(request.head.find("/bad") == std::string::npos ? 206 : 404, "body",
                      "X-Kind: test\r\n");
  });
  HttpRequest request;
  request.url = parse_url(server.origin() + "/").value();
  const HttpClient client = HttpClient::create(quick_options()).value();
  std::string order;
  const BodySink body = [&](std::string_view piece) {
    order += piece;
    return Status{};
  };
  const HeadSink head = [&](const HttpResponse& response) {
    order += fmt::format("{} {} ", response.status, response.header("x-kind").value_or("?"));
    return Status{};
  };
  ASSERT_TRUE(client.send(request, body, nullptr, head).ok());
  EXPECT_EQ(order, "206 test body");
  const HeadSink refuse = [](const HttpResponse&) -> Status {
    return fail(ErrorCode::kConflict, "not that one");
  };
  EXPECT_EQ(client.send(request, body, nullptr, refuse).error().message, "not that one");
  EXPECT_EQ(order, "206 test body");
  request.url = parse_url(server.origin() + "/bad").value();
  EXPECT_EQ(client.send(request, body, nullptr, refuse)->status, 404);
}

TEST(HttpClient, AStreamedBodyHasALimitOfItsOwn) {
  const std::string body(100'001, 'x');
  FakeServer server([&](const FakeRequest&) { return fake_reply(200, body); });
  size_t received = 0;
  const BodySink count = [&](std::string_view piece) {
    received += piece.size();
    return Status{};
  };
  EXPECT_TRUE(get(server.origin(), quick_options(), count).ok());
  EXPECT_EQ(received, body.size());
  HttpClientOptions strict = quick_options();
  strict.max_streamed_bytes = 100'000;
  EXPECT_EQ(get(server.origin(), strict, count).error().code, ErrorCode::kLimit);
}

TEST(HttpClient, ASlowServerIsATimeout) {
  EXPECT_EQ(error_against({{{2'000, "HTTP/1.1 200 OK\r\n\r\n"}}}), ErrorCode::kTimeout);
  EXPECT_EQ(error_against({{{0, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}, {2'000, "x"}}}),
            ErrorCode::kTimeout);
  // A byte now and then keeps the idle timer quiet; the total time still ends it.
  FakeReply drip{{{0, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"}}};
  for (int i = 0; i < 60; ++i) drip.steps.push_back({100, "x"});
  HttpClientOptions options = quick_options();
  options.total_timeout_ms = 500;
  EXPECT_EQ(error_against(drip, options), ErrorCode::kTimeout);
}

TEST(HttpClient, ACutConnectionIsUnavailable) {
  EXPECT_EQ(error_against({{}}), ErrorCode::kUnavailable);
  EXPECT_EQ(error_against({{{0, "HTTP/1.1 200 OK\r\nContent-Len"}}}), ErrorCode::kUnavailable);
  EXPECT_EQ(error_against({{{0, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}}}),
            ErrorCode::kUnavailable);
}

TEST(HttpClient, NobodyListeningIsUnavailable) {
  uint16_t port = 0;
  {
    port = FakeServer([](const FakeRequest&) { return FakeReply{}; }).port();
  }
  const auto response = get(fmt::format("http://127.0.0.1:{}/", port), quick_options());
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
}

TEST(HttpClient, TellsWhetherTheRequestLeft) {
  bool has_sent = true;
  ASSERT_FALSE(get("http://127.0.0.1:1/v1", quick_options(), {}, &has_sent).ok());
  EXPECT_FALSE(has_sent) << "nobody listens";
  FakeServer server([](const FakeRequest&) { return FakeReply{}; });
  ASSERT_FALSE(get(server.origin() + "/v1", quick_options(), {}, &has_sent).ok());
  EXPECT_TRUE(has_sent) << "cut off after the request";
}

TEST(HttpClient, GarbageIsMalformed) {
  EXPECT_EQ(error_against({{{0, "SSH-2.0-OpenSSH_9.2\r\n\r\n"}}}), ErrorCode::kMalformed);
  EXPECT_EQ(error_against({{{0, std::string(200, '\xff') + "\r\n\r\n"}}}), ErrorCode::kMalformed);
  EXPECT_EQ(error_against({{{0, "HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\n"}}}),
            ErrorCode::kMalformed);
}

TEST(HttpClient, AHugeAnswerIsRefused) {
  const std::string huge(100'001, 'x');
  EXPECT_EQ(error_against(fake_reply(200, huge)), ErrorCode::kLimit);
  EXPECT_EQ(error_against({{{0, "HTTP/1.1 200 OK\r\n\r\n" + huge}}}), ErrorCode::kLimit);
  EXPECT_EQ(error_against({{{0, "HTTP/1.1 200 OK\r\nX: " + huge + "\r\n\r\n"}}}),
            ErrorCode::kLimit);
}

TEST(HttpClient, ARedirectIsReturnedNotFollowed) {
  std::atomic<int> requests = 0;
  FakeServer server([&](const FakeRequest&) {
    ++requests;
    return fake_reply(307, "", "Location: http://127.0.0.2/\r\n");
  });
  EXPECT_EQ(get(server.origin(), quick_options())->status, 307);
  EXPECT_EQ(requests, 1);
}

TEST(HttpClient, AHeaderCannotSmuggleAnother) {
  FakeServer server([](const FakeRequest&) { return fake_reply(200, ""); });
  HttpRequest request;
  request.url = parse_url(server.origin()).value();
  request.headers = {{"Authorization", "Bearer x\r\nX-Evil: 1"}};
  const auto response = HttpClient::create(quick_options()).value().send(request);
  EXPECT_EQ(response.error().code, ErrorCode::kInvalidArgument);
}

TEST(HttpClient, TalksTlsToATrustedServer) {
  const FakeCertificate certificate = make_fake_certificate("127.0.0.1");
  FakeServer server([](const FakeRequest&) { return fake_reply(200, "secret"); }, certificate);
  HttpClientOptions options = quick_options();
  options.ca_file = ca_file_of(certificate, "trusted.pem");
  const auto response = get(server.origin(), options);
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->body, "secret");
}

TEST(HttpClient, SendsNothingToAServerItCannotTrust) {
  std::atomic<int> requests = 0;
  const auto count = [&](const FakeRequest&) {
    ++requests;
    return fake_reply(200, "");
  };
  const auto error_of = [&](const FakeCertificate& certificate, bool trusted) {
    FakeServer server(count, certificate);
    HttpClientOptions options = quick_options();
    if (trusted) options.ca_file = ca_file_of(certificate, "untrusted.pem");
    const auto response = get(server.origin(), options);
    EXPECT_FALSE(response.ok());
    return response.ok() ? Error{} : response.error();
  };
  const Error self_signed = error_of(make_fake_certificate("127.0.0.1"), false);
  EXPECT_EQ(self_signed.code, ErrorCode::kDenied) << self_signed.message;
  EXPECT_NE(self_signed.message.find("ca_file"), std::string::npos);
  const Error other_host = error_of(make_fake_certificate("other.example"), true);
  EXPECT_EQ(other_host.code, ErrorCode::kDenied) << other_host.message;
  const Error expired = error_of(make_fake_certificate("127.0.0.1", -1), true);
  EXPECT_EQ(expired.code, ErrorCode::kDenied) << expired.message;
  EXPECT_NE(expired.message.find("expired"), std::string::npos);
  EXPECT_EQ(requests, 0);
}

TEST(HttpClient, AMissingCaFileIsNamed) {
  HttpClientOptions options;
  options.ca_file = "/nowhere/ca.pem";
  const auto client = HttpClient::create(options);
  ASSERT_FALSE(client.ok());
  EXPECT_NE(client.error().message.find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace ganglion
