#include "cli/live_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace ganglion {
namespace {

constexpr int64_t kTerminalIntervalNs = 100'000'000;
constexpr int64_t kLogIntervalNs = 5'000'000'000;
constexpr int kBarWidth = 24;
constexpr int kUsualColumns = 80;

int terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualColumns;
  return size.ws_col;
}

}  // namespace

LiveLine::LiveLine(bool enabled, const Clock& clock)
    : enabled_(enabled),
      is_terminal_(::isatty(STDERR_FILENO) == 1),
      clock_(clock),
      start_ns_(clock.steady_ns()),
      last_drawn_ns_(start_ns_) {}

LiveLine::~LiveLine() {
  if (is_drawn_ && is_terminal_) std::fputc('\n', stderr);
}

bool LiveLine::is_due(bool finished) const {
  if (!enabled_) return false;
  const int64_t interval = is_terminal_ ? kTerminalIntervalNs : kLogIntervalNs;
  return finished || clock_.steady_ns() - last_drawn_ns_ >= interval;
}

void LiveLine::draw(std::string_view text) {
  last_drawn_ns_ = clock_.steady_ns();
  is_drawn_ = true;
  if (is_terminal_) {
    // Without automatic wrapping a line that is too long is cut, not scrolled.
    fmt::print(stderr, "\r\033[K\033[?7l{}\033[?7h", text);
    std::fflush(stderr);
  } else {
    fmt::print(stderr, "{}\n", text);
  }
}

void LiveLine::print_above(std::string_view text) {
  if (!enabled_) return;
  fmt::print(stderr, "{}{}\n", is_drawn_ && is_terminal_ ? "\r\033[K" : "", text);
  is_drawn_ = false;
}

double LiveLine::seconds() const {
  return static_cast<double>(clock_.steady_ns() - start_ns_) * 1e-9;
}

std::string LiveLine::bar(double fraction, int other_columns) const {
  // On a narrow terminal the bar gives way to the figures.
  const int width =
      is_terminal_ ? std::clamp(terminal_columns() - other_columns, 0, kBarWidth) : kBarWidth;
  const int filled = static_cast<int>(fraction * width);
  std::string text;
  for (int i = 0; i < width; ++i) text += i < filled ? "█" : "░";
  return text;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

}  // namespace ganglion
