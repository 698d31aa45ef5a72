// Assertions for bugs. They stay on in release builds: a wrong index must stop, not read on.
#pragma once

namespace ganglion {

// Prints the place and the broken condition to stderr and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace ganglion

#define GANGLION_ASSERT(condition)        \
  (static_cast<bool>(condition) ? (void)0 \
                                : ::ganglion::assertion_failed(#condition, __FILE__, __LINE__))
