// Who watches a pull: the command line draws a bar, a test counts.
#pragma once

#include <cstdint>
#include <string_view>

namespace ganglion {

class PullObserver {
 public:
  virtual ~PullObserver() = default;
  // One line for a person: another program is waited for, a connection was cut, a download begins
  // afresh.
  virtual void note(std::string_view message) = 0;
  // `done` of `total` bytes of the model are on the disk. Called often; must be cheap.
  virtual void update(uint64_t done, uint64_t total) = 0;
};

}  // namespace ganglion
