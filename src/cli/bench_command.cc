// ganglion bench: how fast a language model runs here, and what share of the machine that is.
#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/memory.h"
#include "base/thread_pool.h"
#include "cli/cache_type_option.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/generation_output.h"
#include "cli/model_argument.h"
#include "cli/terminal_progress.h"
#include "cli/terminal_style.h"
#include "cli/text_checks.h"
#include "engine/language_model.h"
#include "evaluation/engine_benchmark.h"
#include "kernels/dispatch.h"
#include "kernels/peak.h"
#include "models/decoder_work.h"
#include "models/hugging_face/convert.h"
#include "models/weight_types.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct BenchArguments {
  std::string model_path;
  EngineBenchmarkOptions options;
  std::string cache_type = "bf16";
  size_t num_threads = 0;
  bool json = false;
  bool quiet = false;
};

struct BenchReport {
  ModelDescription model;
  std::string weight_types;
  std::string_view instruction_set;
  size_t num_threads = 0;
  double load_s = 0;
  double first_pass_s = 0;
  uint64_t peak_resident_bytes = 0;  // before the peaks are measured, which takes memory too
  MachinePeaks peaks;
  EngineFigures figures;
};

double seconds_since(int64_t start_ns) {
  return static_cast<double>(system_clock().steady_ns() - start_ns) * 1e-9;
}

BenchReport measure(const BenchArguments& arguments) {
  const std::string path = model_path_or_fail(arguments.model_path);
  BenchReport report;
  const int64_t start_ns = system_clock().steady_ns();
  LanguageModelOptions options;
  options.num_threads = arguments.num_threads;
  options.panels = panel_options();
  const auto model = or_fail(load_language_model(path, options));
  report.load_s = seconds_since(start_ns);
  report.model = model->description();
  const GgufFile file = or_fail(open_model(path));
  report.weight_types = weight_types_text(file);
  const DecoderWork work = or_fail(count_decoder_work(file));
  EngineTimes times;
  {
    TerminalProgress progress("measuring", "tokens", !arguments.quiet);
    times = or_fail(measure_engine(*model, arguments.options, system_clock(), progress));
  }
  report.first_pass_s = times.first_pass_s;
  report.peak_resident_bytes = peak_resident_bytes();
  const KernelTable& kernels = *or_fail(active_kernels());
  report.instruction_set = kernels.name;
  ThreadPool pool(arguments.num_threads);
  report.num_threads = pool.num_threads();
  report.peaks = measure_machine_peaks(find_peak_loops(kernels), pool, system_clock());
  report.figures = engine_figures(times, arguments.options, work, report.peaks);
  return report;
}

json::value number_or_null(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::object spread_json(const Spread& spread) {
  return {{"min", spread.min}, {"median", spread.median}, {"max", spread.max}};
}

json::object report_json(const BenchArguments& arguments, const BenchReport& report) {
  const EngineBenchmarkOptions& options = arguments.options;
  const EngineFigures& figures = report.figures;
  return {{"model", arguments.model_path},
          {"name", report.model.name},
          {"architecture", report.model.architecture},
          {"weight_types", report.weight_types},
          {"parameters", report.model.num_parameters},
          {"weight_bytes", report.model.weight_bytes},
          {"cache_type", arguments.cache_type},
          {"instruction_set", report.instruction_set},
          {"threads", report.num_threads},
          {"prompt_tokens", options.prompt_tokens},
          {"generate_tokens", options.generate_tokens},
          {"depth", options.depth},
          {"streams", options.num_streams},
          {"repetitions", options.repetitions},
          {"prefill_tokens_per_s", figures.prefill_tokens_per_s.median},
          {"decode_tokens_per_s", figures.decode_tokens_per_s.median},
          {"prefill_tokens_per_s_spread", spread_json(figures.prefill_tokens_per_s)},
          {"decode_tokens_per_s_spread", spread_json(figures.decode_tokens_per_s)},
          {"time_to_first_token_s", figures.time_to_first_token_s.median},
          {"time_to_first_token_s_spread", spread_json(figures.time_to_first_token_s)},
          {"load_s", report.load_s},
          {"load_to_first_token_s", report.load_s + report.first_pass_s},
          {"peak_resident_bytes", report.peak_resident_bytes},
          {"int8_gops_peak", number_or_null(report.peaks.int8_gops)},
          {"bf16_gflops_peak", number_or_null(report.peaks.bf16_gflops)},
          {"f32_gflops_peak", number_or_null(report.peaks.f32_gflops)},
          {"read_gb_per_s_peak", report.peaks.read_gb_per_s},
          {"prefill_gop", figures.prefill_operations / 1e9},
          {"prefill_peak", figures.peak.name},
          {"prefill_fraction_of_peak", number_or_null(figures.prefill_fraction_of_peak)},
          {"decode_bytes_per_token", figures.decode_bytes_per_token},
          {"decode_fraction_of_bandwidth", number_or_null(figures.decode_fraction_of_bandwidth)}};
}

std::string peak_text(std::string_view name, const std::optional<double>& peak,
                      std::string_view unit) {
  return peak ? fmt::format("{} {:.0f} {}, ", name, *peak, unit) : "";
}

std::string percent_text(const std::optional<double>& fraction, const std::string& whole) {
  return fraction ? fmt::format("{:.0f} % of {}", *fraction * 100, whole) : "";
}

void print_row(const std::string& name, const Spread& spread, const std::string& note) {
  fmt::print("{:<14}{:>10.1f} {:>10.1f} {:>10.1f}  tokens/s  {}\n", name, spread.min, spread.median,
             spread.max, note);
}

void print_report(const BenchArguments& arguments, const BenchReport& report) {
  const EngineBenchmarkOptions& options = arguments.options;
  const EngineFigures& figures = report.figures;
  const bool use_colour = stdout_takes_colour();
  const std::string& name = report.model.name.empty() ? arguments.model_path : report.model.name;
  fmt::print("{}: {}, {:.2f} billion weights, {}, {}\n",
             styled(terminal_text(name), "1", use_colour), report.model.architecture,
             static_cast<double>(report.model.num_parameters) / 1e9,
             byte_count_text(report.model.weight_bytes), report.weight_types);
  fmt::print("{} threads, {}: {}{}{}read {:.1f} GB/s\n\n", report.num_threads,
             report.instruction_set, peak_text("int8", report.peaks.int8_gops, "GOPS"),
             peak_text("bf16", report.peaks.bf16_gflops, "GFLOPS"),
             peak_text("f32", report.peaks.f32_gflops, "GFLOPS"), report.peaks.read_gb_per_s);
  fmt::print("{:<14}{:>10} {:>10} {:>10}\n",
             options.depth == 0 ? "" : fmt::format("at {}", options.depth), "min", "median", "max");
  print_row(fmt::format("prefill {}", options.prompt_tokens), figures.prefill_tokens_per_s,
            percent_text(figures.prefill_fraction_of_peak,
                         fmt::format("the {} peak", figures.peak.name)));
  const std::string streams =
      options.num_streams == 1 ? "" : fmt::format(" x {}", options.num_streams);
  print_row(
      fmt::format("decode {}{}", options.generate_tokens, streams), figures.decode_tokens_per_s,
      percent_text(
          figures.decode_fraction_of_bandwidth,
          fmt::format("the bandwidth, {:.1f} MB a token", figures.decode_bytes_per_token / 1e6)));
  fmt::print("\nloaded in {:.3f} s, first token {:.3f} s after the start, at most {} in memory\n",
             report.load_s, report.load_s + report.first_pass_s,
             byte_count_text(report.peak_resident_bytes));
}

void run_bench(BenchArguments& arguments) {
  arguments.options.cache_type = cache_type_of(arguments.cache_type);
  const BenchReport report = measure(arguments);
  if (arguments.json) {
    fmt::print("{}\n", to_json_text(report_json(arguments, report)));
  } else {
    print_report(arguments, report);
  }
}

}  // namespace

void add_bench_command(CLI::App& app) {
  constexpr uint64_t kMaxTokens = uint64_t{1} << 24;
  constexpr uint64_t kMaxStreams = 1024;
  constexpr uint64_t kMaxRepetitions = 1000;
  CLI::App* const command =
      app.add_subcommand("bench", "Measure how fast a language model runs on this machine");
  const auto arguments = std::make_shared<BenchArguments>();
  EngineBenchmarkOptions& options = arguments->options;
  const auto add_count = [&](const char* name, size_t& value, uint64_t least, uint64_t most,
                             const char* meaning) {
    command->add_option(name, value, meaning)
        ->transform(whole_number(least, most))
        ->capture_default_str();
  };
  command
      ->add_option("--model", arguments->model_path,
                   "A .gguf file, a Hugging Face folder or a stored name")
      ->required();
  add_count("--prompt-tokens", options.prompt_tokens, 1, kMaxTokens, "Tokens read in one go");
  add_count("--generate-tokens", options.generate_tokens, 1, kMaxTokens, "Tokens one by one");
  add_count("--depth", options.depth, 0, kMaxTokens, "Tokens in the cache before either begins");
  add_count("--streams", options.num_streams, 1, kMaxStreams,
            "Sequences whose tokens are generated at once");
  add_count("--repetitions", options.repetitions, 1, kMaxRepetitions,
            "How often both are measured, after one time that is not");
  add_count("--threads", arguments->num_threads, 0, 1024, "0: one per processor");
  add_cache_type_option(*command, arguments->cache_type);
  command->add_flag("--json", arguments->json, "Print a JSON object");
  command->add_flag("--quiet", arguments->quiet, "No progress bar");
  command->callback([arguments] { run_bench(*arguments); });
}

}  // namespace ganglion
