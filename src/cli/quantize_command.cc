// ganglion quantize: a GGUF model with its matrices in smaller types.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "cli/output_path.h"
#include "cli/terminal_progress.h"
#include "cli/text_checks.h"
#include "models/quantize_gguf.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct QuantizeArguments {
  std::string input_path;
  std::string output_path;
  std::string type;
  std::string importance_path;
  bool allow_requantize = false;
  size_t num_threads = 0;
  bool json = false;
  bool quiet = false;
};

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const QuantizationMix& mix : quantization_mixes()) names.emplace_back(mix.name);
  return names;
}

size_t count_with_importance(const QuantizeReport& report) {
  size_t count = 0;
  for (const QuantizedTensor& tensor : report.tensors) count += tensor.used_importance ? 1 : 0;
  return count;
}

json::object report_json(const QuantizeArguments& arguments, const QuantizeReport& report,
                         double seconds) {
  json::array tensors;
  for (const QuantizedTensor& tensor : report.tensors) {
    tensors.push_back(json::object{{"name", tensor.name},
                                   {"from", dtype_traits(tensor.from).name},
                                   {"to", dtype_traits(tensor.to).name},
                                   {"bytes", tensor.bytes},
                                   {"importance", tensor.used_importance}});
  }
  return {{"model", arguments.output_path},
          {"type", arguments.type},
          {"input_bytes", report.input_bytes},
          {"output_bytes", report.output_bytes},
          {"with_importance", count_with_importance(report)},
          {"seconds", seconds},
          {"tensors", std::move(tensors)}};
}

void print_report(const QuantizeArguments& arguments, const QuantizeReport& report,
                  double seconds) {
  std::map<std::string_view, std::pair<size_t, uint64_t>> by_type;  // tensors, bytes
  for (const QuantizedTensor& tensor : report.tensors) {
    auto& [count, bytes] = by_type[dtype_traits(tensor.to).name];
    ++count;
    bytes += tensor.bytes;
  }
  constexpr double kMib = 1024.0 * 1024.0;
  fmt::print("{}: {}, {:.1f} MiB from {:.1f} MiB, in {:.1f} s\n", arguments.output_path,
             arguments.type, static_cast<double>(report.output_bytes) / kMib,
             static_cast<double>(report.input_bytes) / kMib, seconds);
  for (const auto& [name, sums] : by_type) {
    fmt::print("  {:<7} {:>5} tensors {:>10.1f} MiB\n", name, sums.first,
               static_cast<double>(sums.second) / kMib);
  }
  if (!arguments.importance_path.empty()) {
    fmt::print("  importance known for {} tensors\n", count_with_importance(report));
  }
}

void quantize(const QuantizeArguments& arguments) {
  check_output_path({"OUT", arguments.output_path},
                    {{"IN", arguments.input_path}, {"--importance", arguments.importance_path}});
  const int64_t start_ns = system_clock().steady_ns();
  const GgufFile input = or_fail(GgufFile::open(model_path_or_fail(arguments.input_path)));
  std::optional<ImportanceData> importance;
  if (!arguments.importance_path.empty()) {
    importance = or_fail(read_importance_file(arguments.importance_path));
  }
  const QuantizeOptions options = {.mix = find_quantization_mix(arguments.type),
                                   .importance = importance ? &*importance : nullptr,
                                   .allow_requantize = arguments.allow_requantize};
  ThreadPool threads(arguments.num_threads);
  QuantizeReport report;
  {
    TerminalProgress progress("quantising", "bytes", !arguments.quiet);
    report = or_fail(quantize_gguf(input, arguments.output_path, options, threads, progress));
  }
  const double seconds = static_cast<double>(system_clock().steady_ns() - start_ns) * 1e-9;
  if (arguments.json) {
    fmt::print("{}\n", to_json_text(report_json(arguments, report, seconds)));
  } else {
    print_report(arguments, report, seconds);
  }
}

}  // namespace

void add_quantize_command(CLI::App& app) {
  CLI::App* const command =
      app.add_subcommand("quantize", "Write a GGUF model with its matrices in a smaller type");
  const auto arguments = std::make_shared<QuantizeArguments>();
  command->add_option("in", arguments->input_path, "The .gguf file to read: F32, F16 or BF16")
      ->required();
  command->add_option("out", arguments->output_path, "The .gguf file to write")->required();
  command
      ->add_option("--type", arguments->type,
                   "Of the matrices; _S, _M, _L name mixes with more bits where they matter")
      ->required()
      ->transform(any_case(type_names()));
  command->add_option("--importance", arguments->importance_path,
                      "What llama-imatrix measured on this model, .gguf or .dat");
  command->add_flag("--allow-requantize", arguments->allow_requantize,
                    "Take an input that is quantised already, and lose more");
  command->add_option("--threads", arguments->num_threads, "0: one per processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "Print JSON");
  command->add_flag("--quiet", arguments->quiet, "No progress bar");
  command->callback([arguments] { quantize(*arguments); });
}

}  // namespace ganglion
