#include "http/event_stream.h"

#include <gtest/gtest.h>

#include <vector>

namespace ganglion {
namespace {

std::vector<std::string> events_of(std::string_view bytes, size_t piece_size) {
  EventStreamParser parser;
  std::vector<std::string> events;
  const auto sink = [&](std::string_view event) -> Status {
    events.emplace_back(event);
    return {};
  };
  for (size_t at = 0; at < bytes.size(); at += piece_size) {
    EXPECT_TRUE(parser.feed(bytes.substr(at, piece_size), sink).ok());
  }
  return events;
}

TEST(EventStream, IsTheSameInAnyPieces) {
  const std::string bytes =
      ": comment\n\ndata: {\"a\":1}\n\nevent: x\r\ndata:no space\r\n\r\ndata: two\ndata: lines\n\n"
      "data\n\nid: 7\n\ndata: [DONE]\n\ndata: unfinished";
  const std::vector<std::string> expected = {"{\"a\":1}", "no space", "two\nlines", "", "[DONE]"};
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(events_of(bytes, piece), expected) << piece;
  }
}

TEST(EventStream, RefusesAnEndlessEvent) {
  EventStreamParser parser(100);
  const auto sink = [](std::string_view) -> Status { return {}; };
  EXPECT_TRUE(parser.feed("data: " + std::string(80, 'x'), sink).ok());
  const Status status = parser.feed(std::string(80, 'x'), sink);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kLimit);
}

TEST(EventStream, StopsAtAnErrorOfTheSink) {
  EventStreamParser parser;
  int calls = 0;
  const Status status = parser.feed("data: 1\n\ndata: 2\n\n", [&](std::string_view) -> Status {
    ++calls;
    return fail(ErrorCode::kConflict, "enough");
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace ganglion
