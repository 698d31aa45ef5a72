// ganglion debug sample: what a chain of samplers leaves of given logits.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <bit>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/generation_arguments.h"
#include "engine/sampling/sampler.h"

namespace ganglion {
namespace {

struct SampleArguments {
  std::string logits_path;
  std::vector<int32_t> history;
  size_t num_draws = 0;
  SamplingArguments sampling;
};

std::vector<float> read_logits(const std::string& path) {
  static_assert(std::endian::native == std::endian::little, "the file is little-endian");
  const std::string bytes = or_fail(read_file(path));
  if (bytes.empty() || bytes.size() % sizeof(float) != 0) {
    throw CommandFailure{
        ExitCode::kFailed,
        fail(ErrorCode::kMalformed, "{}: {} bytes; expected float32 values, one for each token",
             path, bytes.size())};
  }
  std::vector<float> logits(bytes.size() / sizeof(float));
  std::memcpy(logits.data(), bytes.data(), bytes.size());
  return logits;
}

void run_sample(const SampleArguments& arguments) {
  const SamplingOptions options = sampling_options(arguments.sampling);
  const std::vector<float> logits = read_logits(arguments.logits_path);
  Sampler sampler = or_fail(Sampler::create(options, nullptr, logits.size()));
  for (const int32_t id : arguments.history) {
    if (id < 0 || static_cast<size_t>(id) >= logits.size()) {
      throw CommandFailure{ExitCode::kUsage, fail(ErrorCode::kInvalidArgument,
                                                  "--history holds {}; {} has the tokens 0 to {}",
                                                  id, arguments.logits_path, logits.size() - 1)};
    }
    sampler.accept(id);
  }
  const Candidates left = or_fail(sampler.remaining(logits));
  std::vector<float> weights;
  const double total = softmax_weights(left, weights);
  std::string candidates;
  for (size_t i = 0; i < left.size(); ++i) {
    candidates += fmt::format("{}{{\"id\":{},\"probability\":{:.9g}}}", i == 0 ? "" : ",",
                              left[i].id, static_cast<double>(weights[i]) / total);
  }
  std::vector<int32_t> drawn;
  for (size_t i = 0; i < arguments.num_draws; ++i) drawn.push_back(or_fail(sampler.sample(logits)));
  fmt::print("{{\"candidates\":[{}],\"drawn\":[{}]}}\n", candidates, fmt::join(drawn, ","));
}

}  // namespace

void add_debug_sample_command(CLI::App& debug) {
  CLI::App* const command = debug.add_subcommand(
      "sample", "Print the tokens that a chain of samplers leaves of given logits, as JSON");
  const auto arguments = std::make_shared<SampleArguments>();
  command
      ->add_option("--logits", arguments->logits_path,
                   "A file of float32 values, little-endian, one for each token")
      ->required();
  command->add_option("--history", arguments->history, "Ids of the tokens so far: 1,2,3")
      ->delimiter(',');
  command->add_option("--draws", arguments->num_draws, "Draw this many times from what is left")
      ->check(CLI::Range(0, 10'000'000));
  add_sampling_options(*command, arguments->sampling);
  command->callback([arguments] { run_sample(*arguments); });
}

}  // namespace ganglion
