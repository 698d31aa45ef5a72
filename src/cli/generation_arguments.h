// The arguments that every command which writes text with a language model takes.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/language_model_arguments.h"
#include "engine/generation.h"

namespace ganglion {

// As they stand on the command line.
struct SamplingArguments {
  SamplingOptions sampling;
  int64_t penalty_window = 64;  // -1: the whole context
  int64_t dry_window = -1;
  std::vector<std::string> dry_breakers;
  std::vector<std::string> logit_bias;  // "ID=BIAS"
  std::optional<uint64_t> seed;
};

struct GenerationArguments : LanguageModelArguments {
  std::string model_path;
  std::string full_context = "stop";
  GenerationOptions generation;
  SamplingArguments sampling;
};

void add_sampling_options(CLI::App& command, SamplingArguments& arguments);
// --model and everything else; the sampling options too. `arguments` must outlive the parsing.
void add_generation_options(CLI::App& command, GenerationArguments& arguments);

// Checked, except that the tokens are in the vocabulary; without --seed a random one. The command
// fails with exit code 2 where a value is out of its range.
SamplingOptions sampling_options(const SamplingArguments& arguments);
GenerationOptions generation_options(const GenerationArguments& arguments);

}  // namespace ganglion
