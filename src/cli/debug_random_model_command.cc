// ganglion debug random-model: a model with random weights and the shapes of a real one.
#include <fmt/core.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output_path.h"
#include "cli/terminal_progress.h"
#include "cli/text_checks.h"
#include "models/random_model.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct RandomModelArguments {
  std::string preset;
  std::string type = "Q4_K_M";
  std::string output_path;
  uint64_t seed = 1;
  bool json = false;
  bool quiet = false;
};

void write_model(const RandomModelArguments& arguments) {
  check_output_path({"--output", arguments.output_path}, {});
  const RandomModelRequest request = {.preset = arguments.preset,
                                      .mix = find_quantization_mix(arguments.type),
                                      .seed = arguments.seed};
  const int64_t start_ns = system_clock().steady_ns();
  {
    TerminalProgress progress("writing", "bytes", !arguments.quiet);
    or_fail(write_random_model(request, arguments.output_path, progress));
  }
  const double seconds = static_cast<double>(system_clock().steady_ns() - start_ns) * 1e-9;
  const uint64_t bytes = std::filesystem::file_size(arguments.output_path);
  if (arguments.json) {
    fmt::print("{}\n", to_json_text(json::object{{"model", arguments.output_path},
                                                 {"preset", arguments.preset},
                                                 {"type", arguments.type},
                                                 {"seed", arguments.seed},
                                                 {"bytes", bytes},
                                                 {"seconds", seconds}}));
    return;
  }
  fmt::print("{}: {} with random weights, {}, {} bytes, in {:.1f} s\n", arguments.output_path,
             arguments.preset, arguments.type, bytes, seconds);
}

}  // namespace

void add_debug_random_model_command(CLI::App& debug) {
  CLI::App* const command = debug.add_subcommand(
      "random-model", "Write a model with random weights and a real one's shapes, to measure with");
  const auto arguments = std::make_shared<RandomModelArguments>();
  std::vector<std::string> presets;
  for (const std::string_view name : random_model_presets()) presets.emplace_back(name);
  std::vector<std::string> types;
  for (const QuantizationMix& mix : quantization_mixes()) types.emplace_back(mix.name);
  command->add_option("--preset", arguments->preset, "Whose shapes")
      ->required()
      ->check(CLI::IsMember(presets));
  command->add_option("--type", arguments->type, "Of the matrices, as `ganglion quantize` has them")
      ->transform(any_case(types))
      ->capture_default_str();
  command->add_option("--output", arguments->output_path, "The .gguf file to write")->required();
  command->add_option("--seed", arguments->seed, "Same seed, same file")->capture_default_str();
  command->add_flag("--json", arguments->json, "Print JSON");
  command->add_flag("--quiet", arguments->quiet, "No progress bar");
  command->callback([arguments] { write_model(*arguments); });
}

}  // namespace ganglion
