// ganglion debug: shows what a model computes, so that anyone can compare it with a reference.
// One subcommand a file, debug_<name>_command.cc.
#include "cli/commands.h"

namespace ganglion {

void add_debug_command(CLI::App& app) {
  CLI::App* const debug =
      app.add_subcommand("debug", "Print what a model computes, to compare it with a reference");
  debug->require_subcommand(1);
  add_debug_hidden_command(*debug);
  add_debug_logits_command(*debug);
  add_debug_sample_command(*debug);
  add_debug_template_command(*debug);
  add_debug_random_model_command(*debug);
  add_debug_tokens_command(*debug);
}

}  // namespace ganglion
