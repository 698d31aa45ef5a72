// ganglion train classifier: labelled texts in, a classifier file out.
#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "cli/output_path.h"
#include "cli/terminal_progress.h"
#include "skills/classifier_training.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct TrainClassifierArguments {
  ClassifierTrainingRequest request;
  std::string model_path;
  std::string encoder_path;
  bool json = false;
  bool quiet = false;
};

json::object figures_json(const TrainedClassifier& trained) {
  const CalibrationFigures& figures = trained.held_out;
  json::object out = {{"texts", trained.num_held_out},
                      {"accuracy", figures.accuracy},
                      {"calibration", figures.isotonic_kept ? "isotonic" : "temperature"},
                      {"temperature_log_loss", figures.temperature_log_loss},
                      {"temperature_ece", figures.temperature_ece},
                      {"isotonic_log_loss", figures.isotonic_log_loss},
                      {"isotonic_ece", figures.isotonic_ece}};
  if (figures.abstain_auroc) out["abstain_auroc"] = *figures.abstain_auroc;
  return out;
}

void print_json(const TrainClassifierArguments& arguments, const TrainedClassifier& trained,
                double seconds) {
  const json::object out = {{"model", arguments.model_path},
                            {"labels", trained.classifier.labels().size()},
                            {"ngrams", trained.classifier.parts().vocabulary.size()},
                            {"seconds", seconds},
                            {"held_out", figures_json(trained)}};
  fmt::print("{}\n", to_json_text(out));
}

void print_summary(const TrainClassifierArguments& arguments, const TrainedClassifier& trained,
                   double seconds) {
  const CalibrationFigures& figures = trained.held_out;
  fmt::print("{}: {} labels, {} n-grams, trained in {:.1f} s\n", arguments.model_path,
             trained.classifier.labels().size(), trained.classifier.parts().vocabulary.size(),
             seconds);
  fmt::print("on {} held-out texts:\n", trained.num_held_out);
  fmt::print("  {:<26} {:.1f} %\n", "accuracy", 100 * figures.accuracy);
  fmt::print("  {:<26} {:.4f} by temperature, {:.4f} isotonic; kept: {}\n", "calibration error",
             figures.temperature_ece, figures.isotonic_ece,
             figures.isotonic_kept ? "isotonic" : "temperature");
  if (figures.abstain_auroc) {
    fmt::print("  {:<26} {:.3f}\n", "out-of-scope AUROC", *figures.abstain_auroc);
  }
}

void train_classifier_file(const TrainClassifierArguments& arguments) {
  check_output_path({"--out", arguments.model_path},
                    {{"--data", arguments.request.train_path},
                     {"--validation", arguments.request.validation_path},
                     {"--encoder", arguments.encoder_path}});
  const IdentifiedEncoder encoder =
      or_fail(load_identified_encoder(model_path_or_fail(arguments.encoder_path)));
  const int64_t start_ns = system_clock().steady_ns();
  const TrainedClassifier trained = [&] {
    TerminalProgress progress("training", "rows", !arguments.quiet);
    return or_fail(train_classifier_from_files(arguments.request, encoder, progress));
  }();
  const double seconds = static_cast<double>(system_clock().steady_ns() - start_ns) * 1e-9;
  or_fail(trained.classifier.save(arguments.model_path));
  if (arguments.json) {
    print_json(arguments, trained, seconds);
  } else {
    print_summary(arguments, trained, seconds);
  }
}

}  // namespace

void add_train_classifier_command(CLI::App& train) {
  CLI::App* const command = train.add_subcommand(
      "classifier", "One label a text: JSONL (text, label) or CSV with a header in, a model out");
  const auto arguments = std::make_shared<TrainClassifierArguments>();
  ClassifierTrainingRequest& request = arguments->request;
  command->add_option("--data", request.train_path, "Labelled texts: .jsonl or .csv")->required();
  command->add_option("--validation", request.validation_path,
                      "Labelled texts to calibrate on; otherwise some of --data are held out");
  command->add_option("--out", arguments->model_path, "The classifier file to write")->required();
  command->add_option("--abstain-label", request.abstain_label,
                      "The label of texts that belong to none of the others");
  command->add_option(
      "--abstain-share", request.abstain_share,
      "The share of such texts you expect in use, 0 to 1: confidences are right for "
      "that mixture; otherwise for the mixture of the texts calibrated on");
  command->add_option("--text-column", request.columns.text, "Where the text stands")
      ->capture_default_str();
  command->add_option("--label-column", request.columns.label, "Where the label stands")
      ->capture_default_str();
  command->add_option("--encoder", arguments->encoder_path,
                      "An encoder file or folder instead of the one inside the program");
  command->add_option("--seed", request.seed, "Same seed, same model")->capture_default_str();
  command->add_option("--threads", request.num_threads, "0: one a processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "Print JSON");
  command->add_flag("--quiet", arguments->quiet, "No progress bar");
  command->callback([arguments] { train_classifier_file(*arguments); });
}

}  // namespace ganglion
