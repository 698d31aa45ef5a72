#include "dataset/tagged_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ganglion {
namespace {

using testing::HasSubstr;

TEST(TaggedText, ReadsConll) {
  const auto texts =
      parse_conll("in\tO\nNew\tB-place\nYork\tI-place\n\n\nBob I-name\nEve B-name\n", "f");
  ASSERT_TRUE(texts.ok()) << texts.error().message;
  ASSERT_EQ(texts->size(), 2U);
  EXPECT_EQ((*texts)[0].text, "in New York");
  EXPECT_THAT((*texts)[0].spans, testing::ElementsAre(LabelledSpan{3, 11, "place"}));
  EXPECT_THAT((*texts)[1].spans,
              testing::ElementsAre(LabelledSpan{0, 3, "name"}, LabelledSpan{4, 7, "name"}));
}

TEST(TaggedText, ReadsSpanJsonlInCodePoints) {
  const auto texts = parse_span_jsonl(
      "{\"text\":\"à Zoë\",\"spans\":[{\"start\":2,\"end\":5,\"type\":\"name\"}],"
      "\"context\":[\"who\"]}\r\n\n{\"text\":\"no\",\"spans\":[]}\n",
      "f");
  ASSERT_TRUE(texts.ok()) << texts.error().message;
  ASSERT_EQ(texts->size(), 2U);
  EXPECT_THAT((*texts)[0].spans, testing::ElementsAre(LabelledSpan{3, 7, "name"}));
  EXPECT_THAT((*texts)[0].context, testing::ElementsAre("who"));
}

struct BadFile {
  const char* bytes;
  const char* message;
};

TEST(TaggedText, BadConllNamesTheLine) {
  const BadFile cases[] = {
      {"a\tO\nb\n", "f:2: expected a word, a tab and a tag"},
      {"a\tO\nb\tX-place\n", "f:2: expected the tag O, B-type or I-type, found \"X-place\""},
      {"a\tB-\n", "f:1: expected the tag"},
      {"a\tB-x|y\n", "f:1: expected the tag"},
      {"a\tO\n\n\xFF\tO\n", "f:3: invalid UTF-8 at byte 0"},
      {"\n\n", "f: expected at least one sentence"},
  };
  for (const BadFile& bad : cases) {
    const auto texts = parse_conll(bad.bytes, "f");
    ASSERT_FALSE(texts.ok()) << bad.bytes;
    EXPECT_THAT(texts.error().message, HasSubstr(bad.message));
  }
}

TEST(TaggedText, BadSpanJsonlNamesTheLine) {
  const BadFile cases[] = {
      {"{\"text\":\"a\",\"spans\":[]}\n{", "f:2"},
      {"[1]", "f:1: expected a JSON object with text and spans, found an array"},
      {"{\"spans\":[]}", "f:1: member \"text\" is missing"},
      {"{\"text\":\"a\"}", "f:1: member \"spans\" is missing"},
      {"{\"text\":\"ab\",\"spans\":[{\"start\":1,\"end\":3,\"type\":\"x\"}]}",
       "f:1: spans[0]: expected 0 <= start < end <= 2 (the text's code points), found 1 to 3"},
      {"{\"text\":\"ab\",\"spans\":[{\"start\":1,\"end\":1,\"type\":\"x\"}]}", "found 1 to 1"},
      {"{\"text\":\"ab\",\"spans\":[{\"start\":-1,\"end\":1,\"type\":\"x\"}]}", "found -1 to 1"},
      {"{\"text\":\"ab\",\"spans\":[{\"start\":0,\"end\":1,\"type\":\"\"}]}", "expected a type"},
      {"{\"text\":\"ab\",\"spans\":[{\"start\":0,\"end\":1}]}", "\"type\" is missing"},
      {"{\"text\":\"ab\",\"spans\":[5]}", "spans[0]: expected an object"},
      {"{\"text\":\"ab\",\"spans\":[],\"context\":[1]}", "f:1: context: expected strings"},
      {"", "f: expected at least one sentence"},
  };
  for (const BadFile& bad : cases) {
    const auto texts = parse_span_jsonl(bad.bytes, "f");
    ASSERT_FALSE(texts.ok()) << bad.bytes;
    EXPECT_THAT(texts.error().message, HasSubstr(bad.message));
  }
}

}  // namespace
}  // namespace ganglion
