#include "cli/terminal_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ganglion {
namespace {

constexpr double kSecondsBeforeEstimate = 2;
constexpr int kFigureColumns = 66;

}  // namespace

TerminalProgress::TerminalProgress(std::string label, std::string unit, bool enabled,
                                   const Clock& clock)
    : label_(std::move(label)), unit_(std::move(unit)), line_(enabled, clock) {}

void TerminalProgress::update(uint64_t done, uint64_t total, std::string_view note) {
  if (!line_.is_due(total > 0 && done >= total)) return;
  line_.draw(text(done, total, note, line_.seconds()));
}

std::string TerminalProgress::text(uint64_t done, uint64_t total, std::string_view note,
                                   double seconds) const {
  std::string text = label_;
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  if (total > 0) {
    const double fraction = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    text += fmt::format("  {}  {:3.0f} %  {}/{} {}", line_.bar(fraction, kFigureColumns),
                        fraction * 100, done, total, unit_);
  } else {
    text += fmt::format("  {} {}", done, unit_);
  }
  if (rate > 0)
    text += rate >= 10 ? fmt::format("  {:.0f}/s", rate) : fmt::format("  {:.1f}/s", rate);
  if (total > done && rate > 0 && seconds > kSecondsBeforeEstimate) {
    text += fmt::format("  {} left", duration_text(static_cast<double>(total - done) / rate));
  }
  if (!note.empty()) text += fmt::format("  {}", note);
  return text;
}

}  // namespace ganglion
