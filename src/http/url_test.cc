#include "http/url.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(Url, ReadsItsParts) {
  const Url url = parse_url("https://api.example.com:8443/v1/chat?x=1").value();
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.path, "/v1/chat?x=1");
  EXPECT_EQ(url.authority(), "api.example.com:8443");
}

TEST(Url, FillsInDefaults) {
  EXPECT_EQ(parse_url("http://localhost")->port, 80);
  EXPECT_EQ(parse_url("http://localhost")->path, "/");
  EXPECT_EQ(parse_url("https://h?q")->path, "/?q");
  EXPECT_EQ(parse_url("https://h/")->authority(), "h");
  EXPECT_EQ(parse_url("http://[::1]:8080/v1")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:8080/v1")->authority(), "[::1]:8080");
}

TEST(Url, RefusesWhatItDoesNotUnderstand) {
  for (const char* text :
       {"", "ftp://x/", "https://", "https://:80/", "https://h:0/", "https://h:/",
        "https://h:65536/", "https://h:80x/", "https://u:p@h/", "https://h/#f", "https://h/a b",
        "https://h/\r\nX: y", "http://[::1/", "http://[::1]x/"}) {
    EXPECT_FALSE(parse_url(text).ok()) << text;
  }
  EXPECT_NE(parse_url("file:///etc").error().message.find("expected http"), std::string::npos);
}

TEST(Url, FollowsReferences) {
  const Url base = parse_url("https://h:8443/a/b?q=1").value();
  const auto resolved = [&](std::string_view reference) {
    const auto url = resolve_reference(base, reference);
    return url.ok() ? url->text() : "error";
  };
  EXPECT_EQ(resolved("http://other/x"), "http://other/x");
  EXPECT_EQ(resolved("//other/x?y"), "https://other/x?y");
  EXPECT_EQ(resolved("/x/y#part"), "https://h:8443/x/y");
  EXPECT_EQ(resolved("x/y"), "https://h:8443/a/x/y");
  EXPECT_EQ(resolved("?x=2"), "https://h:8443/a/b?x=2");
  EXPECT_EQ(resolved(""), "https://h:8443/a/b");
  EXPECT_EQ(resolved("x:8/y"), "error") << "a scheme of its own";
  EXPECT_EQ(resolved("file:///etc/passwd"), "error");
}

TEST(Url, EncodesSegments) {
  EXPECT_EQ(percent_encode("a-b_c.d~9"), "a-b_c.d~9");
  EXPECT_EQ(percent_encode("refs/pr 1?\xc3\xa9%"), "refs%2Fpr%201%3F%C3%A9%25");
}

}  // namespace
}  // namespace ganglion
