#include "text/marked_text.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

using Segments = std::vector<TextSegment>;

TEST(MarkedText, KeepsRunsOfOneOriginTogether) {
  MarkedText text("frame ");
  text.append("data", true);
  text.append("", false);
  text.append(" more", true);
  text.append(MarkedText(" end"));
  EXPECT_EQ(text.text(), "frame data more end");
  EXPECT_EQ(text.segments(), (Segments{{"frame ", false}, {"data more", true}, {" end", false}}));
}

TEST(MarkedText, PartsKeepTheirOrigin) {
  MarkedText text("ab", true);
  text.append("cd", false);
  text.append("ef", true);
  EXPECT_EQ(text.substring(1, 5).segments(), (Segments{{"b", true}, {"cd", false}, {"e", true}}));
  EXPECT_EQ(text.substring(2, 4).segments(), (Segments{{"cd", false}}));
  EXPECT_TRUE(text.substring(3, 3).segments().empty());
  EXPECT_TRUE(text.is_data_at(0));
  EXPECT_FALSE(text.is_data_at(2));
  EXPECT_TRUE(text.is_data_at(4));
}

}  // namespace
}  // namespace ganglion
