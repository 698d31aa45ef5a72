// The program as a user's shell runs it.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <string>

namespace ganglion {

struct Outcome {
  int exit_code;
  std::string output;
};

// By /bin/sh; the output is what `command` leaves of it on the standard output.
inline Outcome run_in_shell(const std::string& command) {
  std::FILE* const pipe = popen(command.c_str(), "r");
  Outcome outcome;
  char buffer[4096];
  for (size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    outcome.output.append(buffer, size);
  }
  outcome.exit_code = WEXITSTATUS(pclose(pipe));
  return outcome;
}

}  // namespace ganglion
