#include "evaluation/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evaluation/html_text.h"

namespace ganglion {
namespace {

// Of every chart, in CSS pixels; the page scales it to its column.
constexpr double kWidth = 520.0;
constexpr double kHeight = 300.0;
constexpr double kLeft = 58.0;
constexpr double kRight = 24.0;
constexpr double kTop = 14.0;
constexpr double kBottom = 50.0;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kPlotHeight = kHeight - kTop - kBottom;

double scaled(const ChartAxis& axis, double value) {
  const double range = axis.high - axis.low;
  return std::clamp(range > 0.0 ? (value - axis.low) / range : 0.0, 0.0, 1.0);
}

class Drawing {
 public:
  explicit Drawing(const std::string& description) {
    svg_ = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" class=\"chart\"><title>{}</title>",
                       kWidth, kHeight, html_text(description));
  }

  void axes(const ChartAxis& x, const ChartAxis& y) {
    x_ = x;
    y_ = y;
    for (size_t i = 0; i < y.ticks.size(); ++i) {
      const double at = y_of(y.ticks[i]);
      svg_ += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
                          kLeft, kWidth - kRight, at, at);
      text(kLeft - 7, at + 4, "end", "tick", y.tick_labels[i]);
    }
    for (size_t i = 0; i < x.ticks.size(); ++i) {
      text(x_of(x.ticks[i]), kHeight - kBottom + 18, "middle", "tick", x.tick_labels[i]);
    }
    titles(x.title, y.title);
  }

  void titles(const std::string& x_title, const std::string& y_title) {
    svg_ += fmt::format("<line class=\"base\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>", kLeft,
                        kWidth - kRight, kHeight - kBottom, kHeight - kBottom);
    text(kLeft + kPlotWidth / 2, kHeight - 10, "middle", "axis", x_title);
    svg_ += fmt::format(
        "<text class=\"axis\" text-anchor=\"middle\" transform=\"translate(14 {:.1f}) "
        "rotate(-90)\">{}</text>",
        kTop + kPlotHeight / 2, html_text(y_title));
  }

  void rule(const ChartRule& rule) {
    if (rule.vertical) {
      const double at = x_of(rule.at);
      svg_ += fmt::format("<line class=\"rule\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>",
                          at, at, kTop, kHeight - kBottom);
      const bool near_right = at > kLeft + 0.6 * kPlotWidth;
      text(at + (near_right ? -6 : 6), kTop + 12, near_right ? "end" : "start", "note", rule.label);
    } else {
      const double at = y_of(rule.at);
      svg_ += fmt::format("<line class=\"rule\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
                          kLeft, kWidth - kRight, at, at);
      text(kLeft + 6, at - 6, "start", "note", rule.label);
    }
  }

  void series(const ChartSeries& series) {
    std::string path;
    double last_y = 0.0;
    for (const ChartPoint& point : series.points) {
      const double x = x_of(point.x);
      const double y = y_of(point.y);
      if (series.step && !path.empty()) path += fmt::format("L{:.1f} {:.1f}", x, last_y);
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x, y);
      last_y = y;
    }
    if (series.line && !path.empty()) {
      svg_ += fmt::format("<path class=\"line s{}{}\" d=\"{}\"/>", series.colour,
                          series.dashed ? " dashed" : "", path);
    }
    if (series.dots) {
      for (const ChartPoint& point : series.points) {
        svg_ += fmt::format("<circle class=\"dot s{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"/>",
                            series.colour, x_of(point.x), y_of(point.y));
      }
    }
    if (!series.label.empty() && !series.points.empty()) {
      const ChartPoint& last = series.points.back();
      text(x_of(last.x) - 8, y_of(last.y) - 9, "end", "note", series.label);
    }
  }

  void column(double x, double width, double share) {
    const double height = share * kPlotHeight;
    svg_ += fmt::format(
        "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
        "rx=\"2\"/>",
        kLeft + x, kHeight - kBottom - height, width, height);
  }

  void text(double x, double y, const char* anchor, const char* style, const std::string& words) {
    svg_ += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>",
                        style, x, y, anchor, html_text(words));
  }

  std::string take() { return svg_ + "</svg>"; }

 private:
  double x_of(double value) const { return kLeft + scaled(x_, value) * kPlotWidth; }
  double y_of(double value) const { return kHeight - kBottom - scaled(y_, value) * kPlotHeight; }

  std::string svg_;
  ChartAxis x_;
  ChartAxis y_;
};

}  // namespace

std::vector<double> nice_ticks(double low, double high, int about) {
  const double raw = std::max(high - low, 1e-12) / std::max(about, 1);
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10.0 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * 0.999) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9);
  for (double k = first;; k += 1.0) {
    ticks.push_back(k * step);
    if (k * step >= high - step * 1e-6) break;
  }
  return ticks;
}

std::string xy_chart(const ChartAxis& x, const ChartAxis& y, const std::vector<ChartSeries>& series,
                     const std::vector<ChartRule>& rules, const std::string& description) {
  Drawing drawing(description);
  drawing.axes(x, y);
  for (const ChartRule& rule : rules) drawing.rule(rule);
  for (const ChartSeries& one : series) drawing.series(one);
  return drawing.take();
}

std::string column_chart(const std::vector<double>& values, const std::vector<std::string>& labels,
                         size_t label_step, const std::string& x_title, const std::string& y_title,
                         const std::string& description) {
  Drawing drawing(description);
  const double most = values.empty() ? 1.0 : *std::max_element(values.begin(), values.end());
  ChartAxis y;
  y.ticks = nice_ticks(0.0, std::max(most, 1.0), 4);
  y.high = y.ticks.back();
  for (const double tick : y.ticks) y.tick_labels.push_back(fmt::format("{:.0f}", tick));
  drawing.axes(ChartAxis{}, y);
  drawing.titles(x_title, y_title);
  const double slot = kPlotWidth / static_cast<double>(std::max<size_t>(1, values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    const double left = slot * static_cast<double>(i);
    drawing.column(left + 0.08 * slot, 0.84 * slot, values[i] / y.high);
    if (i % label_step == 0) {
      drawing.text(kLeft + left + slot / 2, kHeight - kBottom + 18, "middle", "tick", labels[i]);
    }
  }
  return drawing.take();
}

}  // namespace ganglion
