#include "cli/language_model_arguments.h"

#include "cli/cache_type_option.h"
#include "cli/exit.h"
#include "cli/model_argument.h"

namespace ganglion {

std::vector<CLI::Option*> add_language_model_options(CLI::App& command,
                                                     LanguageModelArguments& arguments) {
  return {
      command.add_option("--adapter", arguments.adapter_path,
                         "A LoRA adapter made for the model: a .gguf file or a PEFT folder"),
      command
          .add_option("--context-length", arguments.context_length,
                      "Tokens of prompt and answer (default: as trained, at most 8192)")
          ->check(CLI::Range(size_t{1}, size_t{1} << 32)),
      add_cache_type_option(command, arguments.cache_type),
      command
          .add_option("--precision", arguments.precision,
                      "Of products with quantised weights: int8, or f32, many times slower")
          ->check(CLI::IsMember({"int8", "f32"}))
          ->capture_default_str(),
      command.add_option("--threads", arguments.num_threads, "0: one per processor")
          ->check(CLI::Range(0, 1024))
          ->capture_default_str(),
  };
}

LanguageModelOptions language_model_options(const LanguageModelArguments& arguments) {
  LanguageModelOptions options;
  options.num_threads = arguments.num_threads;
  options.precision = arguments.precision == "f32" ? Precision::kF32 : Precision::kS8;
  options.panels = panel_options();
  return options;
}

SessionOptions load_session_options(const LanguageModelArguments& arguments,
                                    const LanguageModel& model) {
  SessionOptions options;
  options.context_length = arguments.context_length;
  options.cache_type = cache_type_of(arguments.cache_type);
  if (!arguments.adapter_path.empty()) {
    options.adapter = or_fail(model.load_adapter(arguments.adapter_path));
  }
  return options;
}

}  // namespace ganglion
