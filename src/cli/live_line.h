// One line of standard error that is drawn over and over on a terminal; elsewhere a line every few
// seconds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ganglion {

class LiveLine {
 public:
  // Silent when `enabled` is false.
  explicit LiveLine(bool enabled, const Clock& clock = system_clock());
  // Ends the line.
  ~LiveLine();
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  // Whether enough time has passed since the last drawing, or all is `finished`.
  bool is_due(bool finished) const;
  void draw(std::string_view text);
  // A line that stays, above the live one.
  void print_above(std::string_view text);
  double seconds() const;  // since the start
  // "██████░░░░", shorter where a terminal has not many more columns than `other_columns`.
  std::string bar(double fraction, int other_columns) const;

 private:
  bool enabled_;
  bool is_terminal_;
  const Clock& clock_;
  int64_t start_ns_;
  int64_t last_drawn_ns_;
  bool is_drawn_ = false;
};

// "42 s", "3 min 07 s", "2 h 05 min".
std::string duration_text(double seconds);

}  // namespace ganglion
