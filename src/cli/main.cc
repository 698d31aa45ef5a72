// ganglion: one program, one command a file. This file only wires the commands together.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/exit.h"
#include "text/edit_distance.h"

namespace {

using ganglion::ExitCode;

void add_commands(CLI::App& app) {
  using namespace ganglion;
  app.require_subcommand(1);
  app.set_version_flag("--version", "ganglion " GANGLION_VERSION);
  add_version_command(app);
  add_bench_command(app);
  add_debug_command(app);
  add_distill_command(app);
  add_draft_command(app);
  add_generate_command(app);
  add_show_command(app);
  add_embed_command(app);
  add_rerank_command(app);
  add_ledger_command(app);
  add_redact_command(app);
  add_why_command(app);
  add_run_command(app);
  add_queue_command(app);
  add_quantize_command(app);
  add_train_command(app);
  add_chat_command(app);
  add_classify_command(app);
  add_convert_command(app);
  add_extract_command(app);
  add_pull_command(app);
  add_list_command(app);
  add_rm_command(app);
}

// A word where a command is expected that is none: "" when there is no such word.
std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* parent = &app;
  for (int i = 1; i < argc; ++i) {
    const std::vector<const CLI::App*> commands =
        parent->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty() || argv[i][0] == '-') return "";
    std::vector<std::string> names;
    const CLI::App* found = nullptr;
    for (const CLI::App* command : commands) {
      names.push_back(command->get_name());
      if (command->get_name() == argv[i]) found = command;
    }
    if (found == nullptr) {
      const auto nearest = ganglion::nearest_word(argv[i], names);
      return fmt::format("unknown command \"{}\"; {}", argv[i],
                         nearest ? fmt::format("did you mean \"{}\"?", *nearest)
                                 : fmt::format("`{} --help` lists them", parent->get_name()));
    }
    parent = found;
  }
  return "";
}

int print_error(const std::string& message, ExitCode code) {
  fmt::print(stderr, "error: {}\n", message);
  return static_cast<int>(code);
}

int run(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const std::string unknown = unknown_command(app, argc, argv);
    return print_error(unknown.empty() ? fmt::format("{}; see --help", error.what()) : unknown,
                       ExitCode::kUsage);
  } catch (const ganglion::CommandFailure& failure) {
    return print_error(failure.error.message, failure.code);
  } catch (const std::exception& error) {  // of a library, or no memory
    return print_error(error.what(), ExitCode::kFailed);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return print_error(fmt::format("standard output cannot be written: {}", std::strerror(errno)),
                       ExitCode::kFailed);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Right-sized AI on your own machines: small language models that answer routine\n"
      "language work, and pass on what they are measurably unsure of.");
  app.name("ganglion");
  add_commands(app);
  return run(app, argc, argv);
}
