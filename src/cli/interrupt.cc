#include "cli/interrupt.h"

#include <csignal>

namespace ganglion {
namespace {

std::atomic<bool> was_interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

// SA_RESETHAND: the next signal meets the default action. A blocking read is interrupted.
void listen() {
  struct sigaction action {};
  action.sa_handler = [](int) { was_interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

}  // namespace

InterruptFlag::InterruptFlag() { reset(); }

InterruptFlag::~InterruptFlag() { std::signal(SIGINT, SIG_DFL); }

const std::atomic<bool>& InterruptFlag::flag() const { return was_interrupted; }

void InterruptFlag::reset() {
  was_interrupted = false;
  listen();
}

}  // namespace ganglion
