// ganglion rm: a model out of the store.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "hub/byte_size.h"

namespace ganglion {
namespace {

bool is_confirmed(const Manifest& manifest) {
  if (::isatty(STDIN_FILENO) == 0) {
    throw CommandFailure{
        ExitCode::kUsage,
        fail(ErrorCode::kInvalidArgument,
             "nobody can be asked whether to remove {}: say so with --yes", manifest.name)};
  }
  fmt::print(stderr, "remove {} ({}, from {})? [y/N] ", manifest.name,
             byte_size_text(manifest.size()), manifest.source);
  const int answer = std::getchar();
  return answer == 'y' || answer == 'Y';
}

void run_rm(const std::string& name, bool is_sure) {
  const ModelStore store = open_model_store();
  const Manifest manifest = or_fail(store.find(name));
  if (!is_sure && !is_confirmed(manifest)) {
    fmt::print("{} is kept\n", manifest.name);
    return;
  }
  const uint64_t freed = or_fail(store.remove(manifest));
  fmt::print("{} is removed; {} of files that no other model has are deleted\n", manifest.name,
             byte_size_text(freed));
}

}  // namespace

void add_rm_command(CLI::App& app) {
  struct Arguments {
    std::string name;
    bool yes = false;
  };
  CLI::App* command = app.add_subcommand("rm", "Remove a model from the model store");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("name", arguments->name, "As `ganglion list` shows it")->required();
  command->add_flag("--yes", arguments->yes, "Do not ask");
  command->callback([arguments] { run_rm(arguments->name, arguments->yes); });
}

}  // namespace ganglion
