#include "cli/transfer_progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "hub/byte_size.h"

namespace ganglion {
namespace {

constexpr int kFigureColumns = 52;
constexpr double kSecondsBeforeEstimate = 1;

}  // namespace

TransferProgress::TransferProgress(bool enabled, const Clock& clock) : line_(enabled, clock) {}

void TransferProgress::note(std::string_view message) { line_.print_above(message); }

void TransferProgress::update(uint64_t done, uint64_t total) {
  if (!first_done_ || done < *first_done_) {  // the latter: begun afresh
    first_done_ = done;
    first_seconds_ = line_.seconds();
  }
  const bool finishes = total > 0 && done >= total && !is_finished_;
  if (!line_.is_due(finishes)) return;
  is_finished_ = is_finished_ || finishes;
  const double seconds = line_.seconds() - first_seconds_;
  const double rate = seconds > 0 ? static_cast<double>(done - *first_done_) / seconds : 0;
  if (total == 0) {
    line_.draw(byte_size_text(done));
    return;
  }
  const double fraction = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  std::string text = fmt::format("{}  {:3.0f} %  {}/{}", line_.bar(fraction, kFigureColumns),
                                 fraction * 100, byte_size_text(done), byte_size_text(total));
  if (rate >= 1) text += fmt::format("  {}/s", byte_size_text(static_cast<uint64_t>(rate)));
  if (total > done && rate >= 1 && seconds > kSecondsBeforeEstimate) {
    text += fmt::format("  {} left", duration_text(static_cast<double>(total - done) / rate));
  }
  line_.draw(text);
}

}  // namespace ganglion
