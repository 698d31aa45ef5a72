// Draws progress on standard error: one live line on a terminal, a line every few seconds
// elsewhere.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/progress.h"
#include "cli/live_line.h"

namespace ganglion {

// "training  [██████░░░░]  62 %  9,300/15,000  1,204/s  5 s left  loss 0.41"
class TerminalProgress final : public ProgressSink {
 public:
  // `unit` names what is counted ("tickets"). Silent when `enabled` is false.
  TerminalProgress(std::string label, std::string unit, bool enabled = true,
                   const Clock& clock = system_clock());
  void update(uint64_t done, uint64_t total, std::string_view note) override;

 private:
  std::string text(uint64_t done, uint64_t total, std::string_view note, double seconds) const;

  std::string label_;
  std::string unit_;
  LiveLine line_;
};

}  // namespace ganglion
