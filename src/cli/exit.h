// How a command ends.
#pragma once

#include <utility>

#include "base/result.h"

namespace ganglion {

// Exit codes of the program, documented in docs/operations.md.
enum class ExitCode {
  kOk = 0,
  kFailed = 1,    // the input, a file or a service is at fault; the message says which
  kUsage = 2,     // wrong arguments
  kViolated = 3,  // the work was done, but a promised limit does not hold
};

// Thrown by a command's callback; main prints "error: <message>" and exits. The one use of
// exceptions of our own: CLI11 callbacks return nothing.
struct CommandFailure {
  ExitCode code;
  Error error;
};

// The value, or the command ends with its error and exit code 1.
template <typename T>
T or_fail(Result<T> result) {
  if (!result.ok()) throw CommandFailure{ExitCode::kFailed, result.error()};
  return std::move(result).value();
}
inline void or_fail(const Status& status) {
  if (!status.ok()) throw CommandFailure{ExitCode::kFailed, status.error()};
}

}  // namespace ganglion
