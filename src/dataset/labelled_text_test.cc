#include "dataset/labelled_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ganglion {
namespace {

using ::testing::HasSubstr;

std::string error_of(std::string_view bytes, RowFormat format) {
  const auto rows = parse_labelled_texts(bytes, "t", format);
  return rows.ok() ? "" : rows.error().message;
}

TEST(LabelledText, ReadsJsonLines) {
  const auto rows = parse_labelled_texts(
      "\xEF\xBB\xBF{\"text\":\"a\",\"label\":\"x\",\"id\":7}\r\n\n{\"label\":\"y\",\"text\":\"ü\"}",
      "t", RowFormat::kJsonLines);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].text, "a");
  EXPECT_EQ((*rows)[1].label, "y");
  EXPECT_EQ((*rows)[1].line, 3U);
}

TEST(LabelledText, ReadsCsvColumnsByName) {
  const auto rows = parse_labelled_texts("id,category,text\n1,x,\"a\nb\"\n2,y,c\n", "t",
                                         RowFormat::kCsv, {"text", "category"});
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ((*rows)[0].text, "a\nb");
  EXPECT_EQ((*rows)[1].label, "y");
  EXPECT_EQ((*rows)[1].line, 4U);
}

TEST(LabelledText, NamesTheLineOfEveryBadJsonRow) {
  const std::string message = error_of(
      "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"a\"}\n[1]\n{\"text\":\"a\",\"label\":3}\n"
      "{\"text\":\" \",\"label\":\"x\"}\n{\"text\":\n\xFF\n",
      RowFormat::kJsonLines);
  EXPECT_THAT(message, HasSubstr("6 bad rows"));
  EXPECT_THAT(message, HasSubstr("t:2: "));
  EXPECT_THAT(message, HasSubstr("t:3: expected one JSON object a line"));
  EXPECT_THAT(message, HasSubstr("t:4: "));
  EXPECT_THAT(message, HasSubstr("t:5: \"text\" is empty"));
  EXPECT_THAT(message, HasSubstr("t:6:9: not valid JSON"));
  EXPECT_THAT(message, HasSubstr("t:7: byte 1 of the line is not valid UTF-8"));
}

TEST(LabelledText, ShowsTenBadRowsOfMany) {
  std::string bytes;
  for (int i = 0; i < 12; ++i) bytes += "{}\n";
  const std::string message = error_of(bytes, RowFormat::kJsonLines);
  EXPECT_THAT(message, HasSubstr("12 bad rows, the first 10:"));
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 10);
}

TEST(LabelledText, RefusesBadCsv) {
  EXPECT_THAT(error_of("text,category\na,b\n", RowFormat::kCsv),
              HasSubstr("t:1: the header has no column \"label\"; it has \"text\", \"category\""));
  EXPECT_THAT(error_of("text,label,label\na,b,c\n", RowFormat::kCsv), HasSubstr("twice"));
  EXPECT_THAT(error_of("text,label\na\n", RowFormat::kCsv),
              HasSubstr("t:2: expected 2 fields as in the header, found 1"));
  EXPECT_THAT(error_of("text,label\na,\n", RowFormat::kCsv), HasSubstr("t:2: \"label\" is empty"));
  EXPECT_THAT(error_of("text,label\n\"\xC3\x28\",b\n", RowFormat::kCsv),
              HasSubstr("t:2: byte 1 of \"text\" is not valid UTF-8"));
  EXPECT_THAT(error_of("text,label\n", RowFormat::kCsv), HasSubstr("no rows"));
  EXPECT_THAT(error_of("", RowFormat::kJsonLines), HasSubstr("no rows"));
}

TEST(LabelledText, RefusesOneClass) {
  const std::vector<LabelledText> rows = {{"a", "x", 1}, {"b", "x", 2}};
  const auto labels = distinct_labels(rows, "t");
  ASSERT_FALSE(labels.ok());
  EXPECT_THAT(labels.error().message, HasSubstr("t:1: all 2 rows"));
}

TEST(LabelledText, NumbersLabels) {
  const std::vector<LabelledText> rows = {{"a", "y", 1}, {"b", "x", 2}, {"c", "z", 3}};
  const auto ids = label_ids(rows, {"x", "y", "z"}, "t");
  ASSERT_TRUE(ids.ok());
  EXPECT_EQ(*ids, (std::vector<uint32_t>{1, 0, 2}));
  const auto unknown = label_ids(rows, {"x", "y"}, "t");
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, HasSubstr("t:3: the label \"z\""));
}

TEST(LabelledText, KnowsFormatsByExtension) {
  EXPECT_EQ(row_format_of("a.csv").value(), RowFormat::kCsv);
  EXPECT_EQ(row_format_of("a.ndjson").value(), RowFormat::kJsonLines);
  EXPECT_FALSE(row_format_of("a.xlsx").ok());
  EXPECT_THAT(read_labelled_texts("a.txt").error().message, HasSubstr("no labels"));
}

}  // namespace
}  // namespace ganglion
