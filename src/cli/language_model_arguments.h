// The arguments of every command that runs a language model: how it is loaded and what it keeps.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "engine/language_model.h"

namespace ganglion {

// As they stand on the command line.
struct LanguageModelArguments {
  size_t num_threads = 0;
  size_t context_length = 0;
  std::string cache_type = "bf16";
  std::string precision = "int8";
  std::string adapter_path;  // empty: none
};

// --adapter, --context-length, --cache-type, --precision and --threads. `arguments` must outlive
// the parsing.
std::vector<CLI::Option*> add_language_model_options(CLI::App& command,
                                                     LanguageModelArguments& arguments);

LanguageModelOptions language_model_options(const LanguageModelArguments& arguments);
// Loads the adapter, if one is given; the command fails where it is not made for `model`.
SessionOptions load_session_options(const LanguageModelArguments& arguments,
                                    const LanguageModel& model);

}  // namespace ganglion
