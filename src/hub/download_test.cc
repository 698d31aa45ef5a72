#include "hub/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/rng.h"
#include "hub/fake_hub.h"
#include "hub/store_testing.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

std::string random_bytes(size_t count, uint64_t seed) {
  Rng rng(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(rng.below(256));
  return bytes;
}

std::string hex_hash(const std::string& bytes) { return to_hex(sha256(bytes)); }

const std::string kBytes = random_bytes(300'000, 1);

// A reply that breaks off after `sent` bytes of the body.
FakeReply cut_reply(const std::string& body, size_t sent, std::string_view headers = "") {
  return {{{0, fmt::format("HTTP/1.1 200 X\r\nContent-Length: {}\r\n{}\r\n", body.size(), headers) +
                   body.substr(0, sent)}}};
}

class DownloadTest : public StoreTest {
 protected:
  RemoteFile remote(const std::string& origin, bool with_hash = true) const {
    RemoteFile file;
    file.path = "model.gguf";
    file.request.url = parse_url(origin + "/file").value();
    if (with_hash) {
      file.size = kBytes.size();
      file.sha256 = hex_hash(kBytes);
    }
    return file;
  }

  Result<Downloaded> download(const RemoteFile& file) {
    return download_file(context(), file, 0, file.size.value_or(0));
  }

  void expect_stored(const Result<Downloaded>& result, const std::string& bytes = kBytes) const {
    ASSERT_TRUE(result.ok()) << result.error().message << "\n" << observer_.all_notes();
    EXPECT_EQ(result->file.sha256, hex_hash(bytes));
    EXPECT_EQ(result->file.size, bytes.size());
    EXPECT_TRUE(read_file(store_.blob_path(hex_hash(bytes))).value() == bytes);
    EXPECT_TRUE(std::filesystem::is_empty(store_.partial_path("")));
    EXPECT_TRUE(std::filesystem::is_empty(store_.root() / "locks"));
  }

  std::string error_against(const FakeReply& reply, ErrorCode code, bool with_hash = true) {
    FakeServer server([&](const FakeRequest&) { return reply; });
    const auto result = download(remote(server.origin(), with_hash));
    EXPECT_FALSE(result.ok());
    if (result.ok()) return "";
    EXPECT_EQ(result.error().code, code) << result.error().message;
    EXPECT_FALSE(std::filesystem::exists(store_.blob_path(hex_hash(kBytes))));
    return result.error().message;
  }
};

TEST_F(DownloadTest, StoresTheFileUnderItsHashReadOnly) {
  FakeHub hub;
  hub.put("/file", kBytes);
  const auto result = download(remote(hub.origin()));
  expect_stored(result);
  EXPECT_EQ(result->fetched_bytes, kBytes.size());
  EXPECT_EQ(observer_.last_done, kBytes.size());
  const auto mode = std::filesystem::status(store_.blob_path(hex_hash(kBytes))).permissions();
  EXPECT_EQ(mode & std::filesystem::perms::owner_write, std::filesystem::perms::none);
  EXPECT_EQ(download(remote(hub.origin()))->fetched_bytes, 0U) << "is there already";
  EXPECT_EQ(hub.count("/file"), 1);
}

TEST_F(DownloadTest, GoesOnAfterEveryCut) {
  FakeHub hub([](const FakeRequest& request, const std::string&,
                 int number) -> std::optional<FakeReply> {
    if (number > 2) return std::nullopt;
    EXPECT_EQ(request_header(request, "Range"), number == 1 ? "" : "bytes=100000-");
    if (number == 1) return cut_reply(kBytes, 100'000, "ETag: \"v\"\r\n");
    EXPECT_EQ(request_header(request, "If-Range"), "\"v\"");
    return FakeReply{{{0, fmt::format("HTTP/1.1 206 X\r\nETag: \"v\"\r\nContent-Length: 200000\r\n"
                                      "Content-Range: bytes 100000-299999/300000\r\n\r\n") +
                              kBytes.substr(100'000, 100'000)}}};
  });
  hub.put("/file", kBytes);
  const auto result = download(remote(hub.origin()));
  expect_stored(result);
  EXPECT_THAT(observer_.all_notes(), HasSubstr("cut off in mid-answer; trying again in"));
}

TEST_F(DownloadTest, ResumesWhatAnEarlierRunLeft) {
  {
    FakeServer server([](const FakeRequest&) { return cut_reply(kBytes, 150'000); });
    const auto result = download(remote(server.origin()));
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(result.error().message, HasSubstr("150 kB of 300 kB are kept: pull again"));
  }
  FakeHub hub;
  hub.put("/file", kBytes);
  const auto result = download(remote(hub.origin()));
  expect_stored(result);
  EXPECT_EQ(result->fetched_bytes, 150'000U);
}

TEST_F(DownloadTest, DraftsOfKilledProgramsGo) {
  FakeHub hub;
  hub.put("/file", kBytes);
  const auto state = store_.partial_path("sha256-" + hex_hash(kBytes) + ".json");
  ASSERT_TRUE(write_file_atomic(state.string() + ".4711.part", "{\"validator\":").ok());
  expect_stored(download(remote(hub.origin())));
}

TEST_F(DownloadTest, WithoutAHashItResumesFromWhatWasSyncedOfTheSameVersion) {
  const std::string other = random_bytes(300'000, 2);
  for (const bool changes : {false, true}) {
    const std::string& now = changes ? other : kBytes;
    FakeHub hub([](const FakeRequest&, const std::string&, int number) -> std::optional<FakeReply> {
      if (number > 3) return std::nullopt;
      const std::string tag = hex_hash(kBytes).substr(0, 16);
      return number == 1 ? cut_reply(kBytes, 150'000, "ETag: \"" + tag + "\"\r\n") : FakeReply{};
    });
    hub.put("/file", now);
    const RemoteFile file = remote(hub.origin(), false);
    ASSERT_FALSE(download(file).ok());
    const auto result = download(file);
    expect_stored(result, now);
    const uint64_t synced = 150'000 / 16'384 * 16'384;
    EXPECT_NEAR(static_cast<double>(result->fetched_bytes),
                static_cast<double>(changes ? 300'000 : 300'000 - synced), 20'000);
    if (changes) {
      EXPECT_THAT(observer_.all_notes(), HasSubstr("beginning afresh"));
    }
  }
}

TEST_F(DownloadTest, BeginsAfreshWhenTheServerIgnoresTheRangeOrSendsAnotherVersion) {
  FakeHub hub([](const FakeRequest&, const std::string&, int number) -> std::optional<FakeReply> {
    if (number == 1) return cut_reply(kBytes, 100'000, "ETag: \"old\"\r\n");
    if (number > 2) return std::nullopt;
    // A 206 of another version, from a server that does not know If-Range.
    return FakeReply{{{0,
                       "HTTP/1.1 206 X\r\nETag: \"new\"\r\nContent-Length: 200000\r\n"
                       "Content-Range: bytes 100000-299999/300000\r\n\r\n"}}};
  });
  hub.put("/file", kBytes);
  expect_stored(download(remote(hub.origin())));
  EXPECT_THAT(observer_.all_notes(), HasSubstr("has changed on the server; beginning afresh"));

  std::filesystem::remove(store_.blob_path(hex_hash(kBytes)));
  FakeHub plain([](const FakeRequest&, const std::string&, int number) -> std::optional<FakeReply> {
    if (number == 1) return cut_reply(kBytes, 100'000, "ETag: \"v\"\r\n");
    return std::nullopt;
  });
  plain.put("/file", kBytes);
  plain.ignore_ranges();
  expect_stored(download(remote(plain.origin())));
  EXPECT_THAT(observer_.all_notes(), HasSubstr("the server cannot resume; beginning afresh"));
}

TEST_F(DownloadTest, AFileThatKeepsChangingEnds) {
  FakeHub hub([](const FakeRequest&, const std::string&, int number) -> std::optional<FakeReply> {
    return cut_reply(kBytes, 250'000, fmt::format("ETag: \"{}\"\r\n", number));
  });
  const auto result = download(remote(hub.origin()));
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message, HasSubstr("again and again"));
  EXPECT_LT(hub.count("/file"), 8);
}

TEST_F(DownloadTest, AWrongHashIsDiscardedAndNamed) {
  FakeHub hub;
  std::string wrong = kBytes;
  wrong[200'000] = static_cast<char>(wrong[200'000] ^ 1);
  hub.put("/file", wrong);
  const auto result = download(remote(hub.origin()));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kMalformed);
  EXPECT_THAT(result.error().message, HasSubstr("expected " + hex_hash(kBytes)));
  EXPECT_THAT(result.error().message, HasSubstr("found " + hex_hash(wrong)));
  EXPECT_TRUE(std::filesystem::is_empty(store_.partial_path("")));
  EXPECT_TRUE(std::filesystem::is_empty(store_.root() / "blobs"));
}

TEST_F(DownloadTest, ADamagedRestIsFetchedAgain) {
  {
    FakeServer server(
        [](const FakeRequest&) { return cut_reply(std::string(300'000, 'x'), 9'000); });
    ASSERT_FALSE(download(remote(server.origin())).ok());
  }
  FakeHub hub;
  hub.put("/file", kBytes);
  expect_stored(download(remote(hub.origin())));
  EXPECT_THAT(observer_.all_notes(), HasSubstr("SHA-256 of the resumed file is wrong"));
}

TEST_F(DownloadTest, AWrongLengthIsNoticedBeforeTheBody) {
  EXPECT_THAT(error_against(fake_reply(200, "short"), ErrorCode::kMalformed),
              HasSubstr("announces 5 bytes, the hub's list says 300000"));
  EXPECT_THAT(error_against({{{0, "HTTP/1.1 200 X\r\n\r\nbody without an end"}}},
                            ErrorCode::kMalformed, false),
              HasSubstr("does not say how long"));
  EXPECT_THAT(
      error_against(fake_reply(200, kBytes, "Content-Encoding: gzip\r\n"), ErrorCode::kMalformed),
      HasSubstr("compressed"));
  EXPECT_THAT(error_against(fake_reply(204, ""), ErrorCode::kMalformed), HasSubstr("found 204"));
  EXPECT_THAT(error_against(fake_reply(206, kBytes, "Content-Range: bytes 5-9/300000\r\n"),
                            ErrorCode::kMalformed),
              HasSubstr("Content-Range"));
}

TEST_F(DownloadTest, AnEndlessBodyIsBoundedByTheAnnouncedSize) {
  // Chunked, so that no Content-Length contradicts the list.
  FakeReply endless{{{0, "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"}}};
  for (int i = 0; i < 64; ++i) {
    endless.steps.push_back({0, "10000\r\n" + std::string(65'536, 'x') + "\r\n"});
  }
  EXPECT_THAT(error_against(endless, ErrorCode::kLimit),
              HasSubstr("more than the 300000 bytes that were announced"));
}

TEST_F(DownloadTest, AStalledServerIsLeftAndWhatCameIsKept) {
  FakeReply stalled = cut_reply(kBytes, 50'000);
  stalled.steps.push_back({5'000, "x"});
  EXPECT_THAT(error_against(stalled, ErrorCode::kTimeout), HasSubstr("are kept"));
  EXPECT_GT(slept_ms_, 0);
}

TEST_F(DownloadTest, NoSpaceIsSaidBeforeAnythingIsReceived) {
  FakeHub hub;
  hub.put("/file", kBytes);
  free_bytes_ = 1'000'000;
  const auto result = download(remote(hub.origin()));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kLimit);
  EXPECT_THAT(result.error().message, HasSubstr("300 kB are needed"));
  EXPECT_THAT(result.error().message, HasSubstr("1 MB are free in " + store_.root().string()));
  EXPECT_THAT(result.error().message, HasSubstr("GANGLION_HOME"));
}

TEST_F(DownloadTest, BusyServersAreAskedAgainABoundedNumberOfTimes) {
  for (const int status : {429, 503}) {
    FakeHub hub(
        [&](const FakeRequest&, const std::string&, int number) -> std::optional<FakeReply> {
          if (number > 2) return std::nullopt;
          return fake_reply(status, "busy", "Retry-After: 7\r\n");
        });
    hub.put("/file", kBytes);
    slept_ms_ = 0;
    expect_stored(download(remote(hub.origin())));
    EXPECT_EQ(slept_ms_, 14'000) << "as the server asked";
    std::filesystem::remove(store_.blob_path(hex_hash(kBytes)));
  }
  EXPECT_THAT(error_against(fake_reply(429, ""), ErrorCode::kUnavailable),
              HasSubstr("too many requests"));
  EXPECT_THAT(error_against(fake_reply(503, ""), ErrorCode::kUnavailable), HasSubstr("503"));
}

TEST_F(DownloadTest, RefusalsAreNotRepeated) {
  for (const auto& [status, code] : {std::pair{401, ErrorCode::kDenied},
                                     {403, ErrorCode::kDenied},
                                     {404, ErrorCode::kNotFound},
                                     {410, ErrorCode::kNotFound}}) {
    FakeHub hub([status = status](const FakeRequest&, const std::string&, int) {
      return std::optional<FakeReply>(fake_reply(status, "<html>"));
    });
    RemoteFile file = remote(hub.origin());
    file.request.denied_advice = "say please";
    const auto result = download(file);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, code);
    EXPECT_EQ(hub.count("/file"), 1);
    if (code == ErrorCode::kDenied) {
      EXPECT_THAT(result.error().message, HasSubstr("say please"));
    }
  }
}

TEST_F(DownloadTest, TheHashThatTheHubLinksIsCheckedToo) {
  const auto linked = [&](const std::string& digest) {
    return FakeHub::Fault(
        [digest](const FakeRequest&, const std::string& path, int) -> std::optional<FakeReply> {
          if (path != "/file") return std::nullopt;
          return fake_reply(302, "", "Location: /blob\r\nX-Linked-Etag: \"" + digest + "\"\r\n");
        });
  };
  FakeHub wrong(linked(std::string(64, 'a')));
  wrong.put("/blob", kBytes);
  EXPECT_THAT(download(remote(wrong.origin())).error().message, HasSubstr("try again later"));
  EXPECT_THAT(download(remote(wrong.origin(), false)).error().message,
              HasSubstr("expected " + std::string(64, 'a')));
  FakeHub right(linked(hex_hash(kBytes)));
  right.put("/blob", kBytes);
  expect_stored(download(remote(right.origin(), false)));
}

TEST_F(DownloadTest, AnEmptyFileIsAFile) {
  FakeHub hub;
  hub.put("/file", "");
  RemoteFile file = remote(hub.origin(), false);
  file.size = 0;
  expect_stored(download(file), "");
}

}  // namespace
}  // namespace ganglion
