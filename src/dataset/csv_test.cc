#include "dataset/csv.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(Csv, ReadsQuotesCommasAndLineBreaks) {
  const auto records = parse_csv("text,label\r\n\"a, \"\"b\"\"\nc\",x\n\nplain,y", "t.csv");
  ASSERT_TRUE(records.ok()) << records.error().message;
  ASSERT_EQ(records->size(), 3U);
  EXPECT_EQ((*records)[0].fields, (std::vector<std::string>{"text", "label"}));
  EXPECT_EQ((*records)[1].fields, (std::vector<std::string>{"a, \"b\"\nc", "x"}));
  EXPECT_EQ((*records)[1].line, 2U);
  EXPECT_EQ((*records)[2].fields, (std::vector<std::string>{"plain", "y"}));
  EXPECT_EQ((*records)[2].line, 5U) << "the quoted line break and the empty line count";
}

TEST(Csv, KeepsEmptyFields) {
  const auto records = parse_csv(",\n\"\",b\n", "t.csv");
  ASSERT_TRUE(records.ok());
  EXPECT_EQ((*records)[0].fields, (std::vector<std::string>{"", ""}));
  EXPECT_EQ((*records)[1].fields, (std::vector<std::string>{"", "b"}));
}

TEST(Csv, NamesTheLineOfAnOpenQuote) {
  const auto records = parse_csv("a,b\n\"open,c\nd,e\n", "t.csv");
  ASSERT_FALSE(records.ok());
  EXPECT_EQ(records.error().message.substr(0, 8), "t.csv:2:");
  EXPECT_NE(records.error().message.find("never closed"), std::string::npos);
}

TEST(Csv, RefusesTextAfterAClosingQuote) {
  const auto records = parse_csv("a,b\n\"x\"y,c\n", "t.csv");
  ASSERT_FALSE(records.ok());
  EXPECT_NE(records.error().message.find("t.csv:2: expected a comma"), std::string::npos)
      << records.error().message;
}

}  // namespace
}  // namespace ganglion
