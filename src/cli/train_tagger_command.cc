// ganglion train tagger: labelled spans in, a tagger file out.
#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output_path.h"
#include "cli/terminal_progress.h"
#include "text/json.h"
#include "training/tagger.h"
#include "training/tagger_score.h"

namespace ganglion {
namespace {

struct TrainTaggerArguments {
  std::string training_path;
  std::string validation_path;
  std::string model_path;
  TaggerTrainingOptions options;
  bool json = false;
  bool quiet = false;
};

json::object counts_json(const SpanCounts& counts) {
  return {{"precision", counts.precision()},
          {"recall", counts.recall()},
          {"f1", counts.f1()},
          {"gold_spans", counts.num_gold}};
}

json::object score_json(const TaggerScore& score) {
  json::object types;
  for (const auto& [type, counts] : score.by_type) types[type] = counts_json(counts);
  json::object all = counts_json(score.all);
  all["types"] = std::move(types);
  return all;
}

void print_counts(std::string_view name, const SpanCounts& counts) {
  fmt::print("  {:<28} {:>9.3f} {:>9.3f} {:>9.3f} {:>8}\n", name, counts.precision(),
             counts.recall(), counts.f1(), counts.num_gold);
}

void print_score(const std::string& path, const TaggerScore& score) {
  fmt::print("on {}:\n  {:<28} {:>9} {:>9} {:>9} {:>8}\n", path, "type", "precision", "recall",
             "F1", "spans");
  for (const auto& [type, counts] : score.by_type) print_counts(type, counts);
  print_counts("all", score.all);
}

void train_tagger_file(const TrainTaggerArguments& arguments) {
  check_output_path({"--out", arguments.model_path}, {{"--data", arguments.training_path},
                                                      {"--validation", arguments.validation_path}});
  const auto texts = or_fail(load_tagged_texts(arguments.training_path));
  std::vector<TaggedText> validation;  // read first: a bad file is known before the work
  if (!arguments.validation_path.empty()) {
    validation = or_fail(load_tagged_texts(arguments.validation_path));
  }
  const TaggerModel model = [&] {
    TerminalProgress progress("training", "texts", !arguments.quiet);
    return or_fail(train_tagger(texts, arguments.options, progress));
  }();
  or_fail(model.save(arguments.model_path));
  std::optional<TaggerScore> score;
  if (!validation.empty()) score = score_tagger(model, validation);
  if (arguments.json) {
    json::object out = {{"model", arguments.model_path},
                        {"texts", texts.size()},
                        {"types", json::value_from(model.types())}};
    if (score) out["validation"] = score_json(*score);
    fmt::print("{}\n", to_json_text(out));
    return;
  }
  fmt::print("{}: {} types from {} texts\n", arguments.model_path, model.types().size(),
             texts.size());
  if (score) print_score(arguments.validation_path, *score);
}

}  // namespace

void add_train_tagger_command(CLI::App& train) {
  CLI::App* const command = train.add_subcommand(
      "tagger", "Find typed spans: CoNLL (word, tab, BIO tag) or span JSONL in, a tagger out");
  const auto arguments = std::make_shared<TrainTaggerArguments>();
  command->add_option("--data", arguments->training_path, "Labelled texts: .jsonl, else CoNLL")
      ->required();
  command->add_option("--validation", arguments->validation_path,
                      "Labelled texts to measure the tagger on");
  command->add_option("--out", arguments->model_path, "The tagger file to write")->required();
  command->add_option("--seed", arguments->options.seed, "Same seed, same model")
      ->capture_default_str();
  command->add_option("--epochs", arguments->options.num_epochs, "Passes over the texts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      ->add_option("--min-feature-count", arguments->options.min_feature_count,
                   "Features seen in fewer words are left out: a smaller file")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command
      ->add_option("--feature-dropout", arguments->options.feature_dropout,
                   "Share of features hidden at each sight of a word")
      ->check(CLI::Range(0.0, 0.99))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "Print JSON");
  command->add_flag("--quiet", arguments->quiet, "No progress bar");
  command->callback([arguments] { train_tagger_file(*arguments); });
}

}  // namespace ganglion
