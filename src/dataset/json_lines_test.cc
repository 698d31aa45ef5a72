#include "dataset/json_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ganglion {
namespace {

using testing::ElementsAre;

struct Visited {
  std::vector<std::string> found;  // "place text"
  std::string error;
};

Visited visit_texts(std::string_view bytes) {
  Visited visited;
  const Status status = visit_json_lines(
      bytes, "f", [&](const json::object& object, std::string_view place) -> Status {
        GANGLION_ASSIGN(const std::string_view text, json_string(object, "text"));
        visited.found.push_back(fmt::format("{} {}", place, text));
        return {};
      });
  if (!status.ok()) visited.error = status.error().message;
  return visited;
}

TEST(JsonLines, CountsLinesAndSkipsBlankOnesAndTheByteOrderMark) {
  const Visited visited = visit_texts("\xEF\xBB\xBF{\"text\":\"a\"}\r\n\n \t\r\n{\"text\":\"b\"}");
  EXPECT_EQ(visited.error, "");
  EXPECT_THAT(visited.found, ElementsAre("f:1 a", "f:4 b"));
}

TEST(JsonLines, EndsAtTheFirstBadLine) {
  const Visited bad = visit_texts("{\"text\":\"a\"}\n{\"text\":7}\n{\"text\":\"b\"}\n");
  EXPECT_THAT(bad.found, ElementsAre("f:1 a"));
  EXPECT_EQ(bad.error, "f:2: member \"text\": expected a string, found an integer");
  EXPECT_EQ(visit_texts("\n[1]").error, "f:2: expected an object with \"text\", found an array");
  EXPECT_EQ(visit_texts("\n{\"text\" 1}").error.substr(0, 25), "f:2:9: not valid JSON: sy");
  EXPECT_EQ(visit_texts("\n\"\xff\"").error, "f:2:2: not valid UTF-8; save the file as UTF-8");
}

TEST(JsonLines, NoTextsAreAnError) {
  for (const std::string_view bytes : {"", "\n \r\n", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(visit_texts(bytes).error, "f: no texts; expected at least one line with \"text\"");
  }
}

}  // namespace
}  // namespace ganglion
