// ganglion train: fits the small models that skills use.
#include "cli/commands.h"

namespace ganglion {

void add_train_command(CLI::App& app) {
  CLI::App* const train = app.add_subcommand("train", "Train a small model on your own labels");
  train->require_subcommand(1);
  add_train_classifier_command(*train);
  add_train_tagger_command(*train);
}

}  // namespace ganglion
