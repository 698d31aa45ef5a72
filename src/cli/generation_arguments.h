// The arguments that every command which writes text with a language model takes.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/generation.h"
#include "engine/language_model.h"

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

struct GenerationArguments {
  std::string model_path;
  size_t num_threads = 0;
  size_t context_length = 0;
  std::string cache_type = "bf16";
  std::string precision = "int8";
  std::string full_context = "stop";
  std::string adapter_path;  // empty: none
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
LanguageModelOptions language_model_options(const GenerationArguments& arguments);
// Loads the adapter, if one is given; the command fails where it is not made for `model`.
SessionOptions load_session_options(const GenerationArguments& arguments,
                                    const LanguageModel& model);

}  // namespace ganglion
