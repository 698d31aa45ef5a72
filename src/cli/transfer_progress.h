// How far a download is: bar, bytes, speed, time left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/live_line.h"
#include "hub/pull_observer.h"

namespace ganglion {

// "████░░░░  31 %  382 MB/1.24 GB  48.2 MB/s  18 s left"
class TransferProgress final : public PullObserver {
 public:
  explicit TransferProgress(bool enabled, const Clock& clock = system_clock());

  void note(std::string_view message) override;
  void update(uint64_t done, uint64_t total) override;

 private:
  LiveLine line_;
  std::optional<uint64_t> first_done_;  // what an earlier run has left is no speed of this one
  double first_seconds_ = 0;
  bool is_finished_ = false;
};

}  // namespace ganglion
