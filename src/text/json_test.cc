#include "text/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace ganglion {
namespace {

TEST(Json, ParsesOneValue) {
  const Result<json::value> parsed = parse_json(" {\"a\": [1, 2.5, \"x\"]} \n", "test");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(json::serialize(*parsed), "{\"a\":[1,2.5E0,\"x\"]}");
}

TEST(Json, WritesNumbersAsPeopleDo) {
  const json::value value = {
      {"p", 0.75}, {"n", {1, 230.0, 1e-9}}, {"s", "a\"b"}, {"e", json::array()}};
  EXPECT_EQ(to_json_text(value), R"({"p":0.75,"n":[1,230,1e-09],"s":"a\"b","e":[]})");
  EXPECT_EQ(to_json_text(json::value(std::numeric_limits<double>::infinity())), "null");
  for (const double number : {0.1, 1.0 / 3, 1e300, -5e-324}) {
    EXPECT_EQ(json::parse(to_json_text(number)).to_number<double>(), number);
  }
}

TEST(Json, NamesLineAndColumnOfAnError) {
  const Result<json::value> parsed = parse_json("{\n  \"a\": 1,\n  \"b\": oops\n}", "mesh.json");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::kMalformed);
  EXPECT_EQ(parsed.error().message.substr(0, 15), "mesh.json:3:8: ") << parsed.error().message;
}

TEST(Json, RefusesTextAfterTheValueAndUnfinishedValues) {
  EXPECT_FALSE(parse_json("{} {}", "t").ok());
  EXPECT_FALSE(parse_json("{\"a\":", "t").ok());
  EXPECT_FALSE(parse_json("", "t").ok());
}

TEST(Json, InvalidUtf8IsNamedAsSuch) {
  EXPECT_EQ(parse_json("{\n \"a\": \"b\xff\"}", "f.json").error().message,
            "f.json:2:9: not valid UTF-8; save the file as UTF-8");
}

TEST(Json, ErrorsOfALineNameTheLineOfTheFile) {
  EXPECT_EQ(parse_json_line("{\"a\": oops}", "f.jsonl", 7).error().message.substr(0, 13),
            "f.jsonl:7:7: ");
  EXPECT_EQ(parse_json_line("\"\xff\"", "f.jsonl", 7).error().message,
            "f.jsonl:7:2: not valid UTF-8; save the file as UTF-8");
}

TEST(Json, RefusesNestingBeyondTheLimit) {
  EXPECT_TRUE(parse_json("[[[]]]", "t", {.max_depth = 3}).ok());
  EXPECT_FALSE(parse_json("[[[[]]]]", "t", {.max_depth = 3}).ok());
}

TEST(Json, MemberErrorsNameTheKeyAndBothKinds) {
  const json::object object = parse_json(R"({"n": "x", "i": 1.5})", "t")->get_object();
  EXPECT_EQ(json_number(object, "n").error().message,
            "member \"n\": expected a number, found a string");
  EXPECT_EQ(json_string(object, "absent").error().message,
            "member \"absent\" is missing, expected a string");
  EXPECT_FALSE(json_integer(object, "i").ok());
  EXPECT_EQ(*json_string(object, "n"), "x");
}

}  // namespace
}  // namespace ganglion
