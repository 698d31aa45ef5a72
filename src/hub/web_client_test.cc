#include "hub/web_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/file.h"
#include "hub/fake_hub.h"
#include "hub/store_testing.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

Result<WebResponse> get(const WebClient& client, const std::string& address,
                        const std::string& token = "") {
  WebRequest request;
  request.url = parse_url(address).value();
  request.token = token;
  return client.get(request);
}

FakeServer redirecting_to(const std::string& location) {
  return FakeServer([location](const FakeRequest&) {
    return fake_reply(302, "", "Location: " + location + "\r\n");
  });
}

std::string error_after_redirect(const std::string& location, ErrorCode code) {
  FakeServer server = redirecting_to(location);
  const auto response = get(make_quick_web_client(), server.origin() + "/");
  EXPECT_FALSE(response.ok());
  if (response.ok()) return "";
  EXPECT_EQ(response.error().code, code) << response.error().message;
  return response.error().message;
}

TEST(WebClient, FollowsRelativeAndAbsoluteRedirects) {
  FakeServer target([](const FakeRequest&) { return fake_reply(200, "there"); });
  FakeServer server([&](const FakeRequest& request) {
    const bool is_first = request.head.find("/start") != std::string::npos;
    return fake_reply(is_first ? 307 : 302, "",
                      "Location: " + (is_first ? "next" : target.origin() + "/x") + "\r\n");
  });
  const auto response = get(make_quick_web_client(), server.origin() + "/a/start");
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->http.body, "there");
  EXPECT_EQ(response->url.text(), target.origin() + "/x");
}

TEST(WebClient, RefusesRedirectsThatLeadNowhereGood) {
  EXPECT_THAT(error_after_redirect("/", ErrorCode::kMalformed), HasSubstr("redirect loop"));
  EXPECT_THAT(error_after_redirect("file:///etc/passwd", ErrorCode::kDenied),
              HasSubstr("not followed"));
  EXPECT_THAT(error_after_redirect("ftp://h/x", ErrorCode::kDenied), HasSubstr("not followed"));
  FakeServer silent([](const FakeRequest&) { return fake_reply(302, ""); });
  EXPECT_THAT(get(make_quick_web_client(), silent.origin() + "/").error().message,
              HasSubstr("without a Location"));
  std::atomic<int> requests = 0;
  FakeServer endless([&](const FakeRequest&) {
    return fake_reply(302, "", fmt::format("Location: /{}\r\n", ++requests));
  });
  EXPECT_THAT(get(make_quick_web_client(), endless.origin() + "/").error().message,
              HasSubstr("more than 10 redirects"));
  EXPECT_LE(requests, 11);
}

TEST(WebClient, NeverGoesFromHttpsToHttp) {
  std::atomic<int> plain_requests = 0;
  FakeServer plain([&](const FakeRequest&) {
    ++plain_requests;
    return fake_reply(200, "");
  });
  const FakeCertificate certificate = make_fake_certificate("127.0.0.1");
  FakeServer secure(
      [&](const FakeRequest&) {
        return fake_reply(302, "", "Location: " + plain.origin() + "/\r\n");
      },
      certificate);
  const std::string ca_file = testing::TempDir() + "web_client_ca.pem";
  ASSERT_TRUE(write_file_atomic(ca_file, certificate.certificate_pem).ok());
  const auto response = get(make_quick_web_client(ca_file), secure.origin() + "/");
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, ErrorCode::kDenied);
  EXPECT_THAT(response.error().message, HasSubstr("from https to plain http"));
  EXPECT_EQ(plain_requests, 0);
}

TEST(WebClient, TheTokenStaysWithTheServerItIsFor) {
  FakeHub other;
  other.put("/file", "x");
  FakeHub hub([&](const FakeRequest&, const std::string& path, int) -> std::optional<FakeReply> {
    if (path == "/away") {
      return fake_reply(302, "", "Location: " + other.origin() + "/file\r\n");
    }
    if (path == "/here") return fake_reply(302, "", "Location: /file\r\n");
    return std::nullopt;
  });
  hub.put("/file", "x");
  const WebClient client = make_quick_web_client();
  ASSERT_TRUE(get(client, hub.origin() + "/away", "secret").ok());
  EXPECT_THAT(hub.last_head("/away"), HasSubstr("Authorization: Bearer secret"));
  EXPECT_THAT(other.last_head("/file"), testing::Not(HasSubstr("secret")));
  ASSERT_TRUE(get(client, hub.origin() + "/here", "secret").ok());
  EXPECT_THAT(hub.last_head("/file"), HasSubstr("Authorization: Bearer secret"));
  // 192.0.2.0/24 is for documentation: nothing may be sent there.
  const auto plain = get(client, "http://192.0.2.1/", "secret");
  EXPECT_EQ(plain.error().code, ErrorCode::kDenied);
  EXPECT_THAT(plain.error().message, HasSubstr("unencrypted"));
}

TEST(WebClient, AServersWordsAreQuotedWithoutControlCharacters) {
  WebResponse response;
  response.url = parse_url("https://h/").value();
  response.http.status = 404;
  response.http.headers = {{"X-Error-Message", "Entry\x1b[31m not found"}};
  EXPECT_EQ(status_error("hf:o/n", response, "").message,
            "hf:o/n: h answered 404 (\"Entry [31m not found\"): no such model, revision or file; "
            "check the spelling");
}

}  // namespace
}  // namespace ganglion
