// Small charts as inline SVG. Colours are CSS variables of the page, so that they follow its light
// or dark scheme; every chart has a <title> that says the same in words.
#pragma once

#include <string>
#include <vector>

namespace ganglion {

struct ChartPoint {
  double x = 0.0;
  double y = 0.0;
};

// Axes of a chart: data range, ticks with their labels, what is measured.
struct ChartAxis {
  double low = 0.0;
  double high = 1.0;
  std::vector<double> ticks;
  std::vector<std::string> tick_labels;  // of equal size
  std::string title;
};

// A line or a row of dots in one of the page's series colours (1 to 4).
struct ChartSeries {
  std::vector<ChartPoint> points;
  int colour = 1;
  bool line = true;
  bool dots = false;
  bool dashed = false;
  bool step = false;
  std::string label;  // drawn at the last point; may be empty
};

// A vertical or horizontal rule with a word beside it.
struct ChartRule {
  bool vertical = true;
  double at = 0.0;
  std::string label;
};

// Points outside the axes are clipped. All text is escaped. `description` is for screen readers.
std::string xy_chart(const ChartAxis& x, const ChartAxis& y, const std::vector<ChartSeries>& series,
                     const std::vector<ChartRule>& rules, const std::string& description);

// Columns side by side over a common base line; `labels` below every `label_step`-th.
std::string column_chart(const std::vector<double>& values, const std::vector<std::string>& labels,
                         size_t label_step, const std::string& x_title, const std::string& y_title,
                         const std::string& description);

// Evenly spaced ticks at multiples of 1, 2 or 5 times a power of ten, from low to at least high.
std::vector<double> nice_ticks(double low, double high, int about);

}  // namespace ganglion
