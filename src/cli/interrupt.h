// Ctrl-C as a request to stop, not to die.
#pragma once

#include <atomic>

namespace ganglion {

// While one lives, Ctrl-C (SIGINT) sets a flag; a second one before reset() ends the program. At
// most one at a time.
class InterruptFlag {
 public:
  InterruptFlag();
  // Gives the signal its old meaning back.
  ~InterruptFlag();
  InterruptFlag(const InterruptFlag&) = delete;
  InterruptFlag& operator=(const InterruptFlag&) = delete;

  const std::atomic<bool>& flag() const;
  // Waits for the next Ctrl-C.
  void reset();
};

}  // namespace ganglion
