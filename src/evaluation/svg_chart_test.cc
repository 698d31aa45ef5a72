#include "evaluation/svg_chart.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(SvgChart, TicksAreRoundAndCoverTheRange) {
  EXPECT_EQ(nice_ticks(0.0, 1.0, 5),
            (std::vector<double>{0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0}));
  const std::vector<double> ticks = nice_ticks(0.0, 137.0, 4);
  EXPECT_EQ(ticks.front(), 0.0);
  EXPECT_GE(ticks.back(), 137.0);
  EXPECT_LE(ticks.size(), 6u);
  EXPECT_LE(nice_ticks(0.0, 0.0, 4).size(), 6u);
}

TEST(SvgChart, EscapesAndClips) {
  const ChartAxis axis{0.0, 1.0, {0.0, 1.0}, {"0", "<1>"}, "share & more"};
  const std::string svg =
      xy_chart(axis, axis, {{{{0.0, 0.5}, {2.0, 9.0}}, 1, true, true, false, true, "<b>"}},
               {{true, 0.5, "\"here\""}, {false, 0.5, "limit"}}, "a </title> b");
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
  EXPECT_EQ(svg.find("<1>"), std::string::npos);
  EXPECT_NE(svg.find("a &lt;/title&gt; b"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_NE(svg.find("cx=\"496.0\""), std::string::npos);  // clipped at the right edge
}

TEST(SvgChart, AnEmptyChartIsStillOne) {
  const std::string svg = column_chart({}, {}, 1, "x", "y", "nothing");
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_NE(svg.find("</svg>"), std::string::npos);
}

}  // namespace
}  // namespace ganglion
