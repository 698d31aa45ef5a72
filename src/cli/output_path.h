// Checks the files that a command is to write, before it works for minutes.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace ganglion {

struct NamedPath {
  std::string_view option;  // such as "--out"
  std::string path;         // empty: the option was not given
};

// Ends the command (CommandFailure, ExitCode::kUsage) when the output's path is empty, is a folder,
// lies in a folder that does not exist, or is the same file as one of `others`, which the command
// reads or writes too.
void check_output_path(const NamedPath& output, std::initializer_list<NamedPath> others);

}  // namespace ganglion
