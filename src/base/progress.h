// How far a long piece of work has come. Library code reports; the command line draws the bar.
#pragma once

#include <cstdint>
#include <string_view>

namespace ganglion {

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  // `done` of `total` units (0 when unknown); `note` is a short changing figure such as
  // "loss 0.41". Called from one thread at a time; may be called often, must be cheap.
  virtual void update(uint64_t done, uint64_t total, std::string_view note) = 0;
};

// Ignores everything.
class SilentProgress final : public ProgressSink {
 public:
  void update(uint64_t, uint64_t, std::string_view) override {}
};

}  // namespace ganglion
