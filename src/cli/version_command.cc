#include <fmt/core.h>

#include "cli/commands.h"

namespace ganglion {

void add_version_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  command->callback([] { fmt::print("ganglion {}\n", GANGLION_VERSION); });
}

}  // namespace ganglion
