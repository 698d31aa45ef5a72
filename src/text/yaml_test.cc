#include "text/yaml.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

YamlMap parse(std::string_view text) { return YamlMap::parse(text, "f.yaml").value(); }

std::string parse_error(std::string_view text) {
  const Result<YamlMap> map = YamlMap::parse(text, "f.yaml");
  return map.ok() ? "no error" : map.error().message;
}

template <typename T>
std::string message(const Result<T>& result) {
  return result.ok() ? "no error" : result.error().message;
}

TEST(Yaml, ReadsValues) {
  const YamlMap map = parse("s: text\nn: 0.5\ni: -3\nb: true\nl: [a, b]\none: a\nm:\n  k: v\n");
  EXPECT_EQ(map.string("s").value(), "text");
  EXPECT_EQ(map.number("n", 0, 1).value(), 0.5);
  EXPECT_EQ(map.integer("i", -5, 5).value(), -3);
  EXPECT_TRUE(map.boolean("b").value());
  EXPECT_EQ(map.strings("l").value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(map.strings("one").value(), (std::vector<std::string>{"a"}));
  EXPECT_EQ(map.map("m")->string("k").value(), "v");
  EXPECT_EQ(map.one_of("one", {"a", "b"}).value(), "a");
  EXPECT_EQ(map.string_or("absent", "x").value(), "x");
  EXPECT_EQ(map.integer_or("absent", 0, 9, 7).value(), 7);
  EXPECT_FALSE(map.has("absent"));
}

TEST(Yaml, ErrorsNameThePlaceTheExpectationAndTheFinding) {
  const YamlMap map = parse("limits:\n  alpha: 2%\n  share: [1]\n  mode: shut\n  name: ''\n");
  const YamlMap limits = map.map("limits").value();
  EXPECT_EQ(message(limits.number("alpha", 0, 1, true)),
            "f.yaml:2:10: limits.alpha: expected a number between 0 and 1, both excluded, found "
            "\"2%\"; write 2 % as 0.02");
  EXPECT_EQ(message(limits.number("share", 0, 1)),
            "f.yaml:3:10: limits.share: expected a number from 0 to 1, found a list");
  EXPECT_EQ(message(limits.one_of("mode", {"open", "shut_down", "shutt"})),
            "f.yaml:4:9: limits.mode: expected one of: open, shut_down, shutt, found \"shut\"; did "
            "you mean \"shutt\"?");
  EXPECT_EQ(message(limits.string("name")),
            "f.yaml:5:9: limits.name: expected a string, found an empty string");
  EXPECT_EQ(message(limits.integer("absent", 1, 9)),
            "f.yaml:2:3: limits.absent: missing; expected a whole number from 1 to 9");
  EXPECT_EQ(message(map.string("limits")),
            "f.yaml:2:3: limits: expected a string, found a mapping");
  EXPECT_EQ(message(limits.map("mode")),
            "f.yaml:4:9: limits.mode: expected a mapping (key: value), found \"shut\"");
  EXPECT_EQ(message(map.map("absent")), "f.yaml:1:1: absent: missing; expected a mapping");
  EXPECT_EQ(message(limits.boolean("mode")),
            "f.yaml:4:9: limits.mode: expected true or false, found \"shut\"");
  EXPECT_EQ(message(limits.integer("alpha", 1, 9)),
            "f.yaml:2:10: limits.alpha: expected a whole number from 1 to 9, found \"2%\"");
  EXPECT_EQ(message(map.strings("limits")),
            "f.yaml:2:3: limits: expected a list of strings, found a mapping");
}

TEST(Yaml, SuggestsTheNearestKnownKey) {
  const YamlMap map = parse("limits: 1\nalhpa: 2\n");
  EXPECT_EQ(map.allow_only({"limits", "alpha"}).error().message,
            "f.yaml:2:1: alhpa: unknown key; did you mean \"alpha\"?");
  EXPECT_EQ(map.allow_only({"limits", "tiers"}).error().message,
            "f.yaml:2:1: alhpa: unknown key; expected one of: limits, tiers");
  EXPECT_TRUE(map.allow_only({"limits", "alhpa", "more"}).ok());
}

TEST(Yaml, RefusesWhatAMappingCannotMean) {
  EXPECT_EQ(parse_error(""), "f.yaml:1:1: expected a mapping (key: value), found nothing");
  EXPECT_EQ(parse_error("- a\n"), "f.yaml:1:1: expected a mapping (key: value), found a list");
  EXPECT_EQ(parse_error("a: 1\nb: 2\na: 3\n"),
            "f.yaml:3:1: the key \"a\" is given twice; remove one");
  EXPECT_EQ(parse_error("a: &x [1, 2]\nb: *x\n"),
            "f.yaml:2:4: aliases (*name) are not allowed; write the value again");
  EXPECT_EQ(parse_error("a: 1\n---\nb: 2\n"),
            "f.yaml: expected one document, found more; remove \"---\" and stray punctuation");
  EXPECT_NE(parse_error("a: [1, 2\nb: 3\n").find("f.yaml:"), std::string::npos);
  EXPECT_NE(parse_error("a:\n\t- tab\n").find("not valid YAML"), std::string::npos);
  EXPECT_NE(parse_error("a: " + std::string(60, '[')).find("f.yaml:1:"), std::string::npos);
  EXPECT_NE(parse_error("a: " + std::string(50, '[') + std::string(50, ']')).find("nested more"),
            std::string::npos);
  EXPECT_EQ(parse_error("a: 1\nb: \"caf\xe9\"\n"),
            "f.yaml:2:8: not valid UTF-8; save the file as UTF-8");
  EXPECT_NE(parse_error(std::string(1 << 21, '#')).find("bytes, more than"), std::string::npos);
}

TEST(Yaml, StrayPunctuationEndsInAnError) {
  EXPECT_FALSE(YamlMap::parse(",", "m.yaml").ok());
  EXPECT_FALSE(YamlMap::parse("a: 1\n---\nb: 2\n", "m.yaml").ok());
}

}  // namespace
}  // namespace ganglion
