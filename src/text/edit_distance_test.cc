#include "text/edit_distance.h"

#include <gtest/gtest.h>

#include <vector>

namespace ganglion {
namespace {

TEST(EditDistance, CountsSlips) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("detla", "delta"), 1u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);  // optimal string alignment, not Damerau's 2
}

TEST(EditDistance, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> keys = {"alpha", "delta", "budget", "max_escalation_share"};
  EXPECT_EQ(nearest_word("detla", keys), "delta");
  EXPECT_EQ(nearest_word("max_escalaton_shar", keys), "max_escalation_share");
  EXPECT_EQ(nearest_word("colour", keys), std::nullopt);
  EXPECT_EQ(nearest_word("", keys), std::nullopt);
  EXPECT_EQ(nearest_word("alpha", {}), std::nullopt);
}

}  // namespace
}  // namespace ganglion
