// ganglion debug logits: token ids in, the logits behind every one of them out.
#include <fmt/core.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "cli/cache_type_option.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "cli/output_path.h"
#include "cli/text_checks.h"
#include "cli/token_ids.h"
#include "engine/language_model.h"

namespace ganglion {
namespace {

struct LogitsArguments {
  std::string model_path;
  std::vector<int32_t> tokens;
  std::string output_path;
  std::string adapter_path;
  std::string cache_type = "f32";
  std::string precision = "f32";
  size_t num_threads = 0;
  size_t context_length = 0;
};

void write_logits(const LogitsArguments& arguments) {
  check_output_path({"--output", arguments.output_path}, {{"--model", arguments.model_path}});
  LanguageModelOptions options;
  options.num_threads = arguments.num_threads;
  options.precision = arguments.precision == "f32" ? Precision::kF32 : Precision::kS8;
  const auto model =
      or_fail(load_language_model(model_path_or_fail(arguments.model_path), options));
  const size_t vocabulary_size = model->description().vocabulary_size;
  check_token_ids(arguments.tokens, vocabulary_size);
  SessionOptions session_options;
  session_options.context_length = arguments.context_length;
  session_options.cache_type = cache_type_of(arguments.cache_type);
  if (!arguments.adapter_path.empty()) {
    session_options.adapter = or_fail(model->load_adapter(arguments.adapter_path));
  }
  const auto session = or_fail(model->start(session_options));
  std::vector<float> logits;
  or_fail(session->append(arguments.tokens, LogitRows::kAll, logits));
  static_assert(std::endian::native == std::endian::little);
  or_fail(write_file_atomic(arguments.output_path, {reinterpret_cast<const char*>(logits.data()),
                                                    logits.size() * sizeof(float)}));
  fmt::print("{}: float32, little-endian, [{}, {}]\n", arguments.output_path,
             arguments.tokens.size(), vocabulary_size);
}

}  // namespace

void add_debug_logits_command(CLI::App& debug) {
  CLI::App* command =
      debug.add_subcommand("logits", "Write the logits of a language model behind every token");
  const auto arguments = std::make_shared<LogitsArguments>();
  command
      ->add_option("--model", arguments->model_path,
                   "A .gguf language model or a Hugging Face folder")
      ->required();
  command->add_option("--tokens", arguments->tokens, "Token ids, separated by commas")
      ->delimiter(',')
      ->check(CLI::Range(0, INT32_MAX))
      ->required();
  command
      ->add_option("--output", arguments->output_path,
                   "Float32, little-endian, [positions, vocabulary]")
      ->required();
  command->add_option("--adapter", arguments->adapter_path,
                      "A LoRA adapter: a .gguf file or a PEFT folder");
  add_cache_type_option(*command, arguments->cache_type);
  command->add_option("--context", arguments->context_length,
                      "Tokens the session can hold (default: as trained, at most 8192)");
  command->add_option("--precision", arguments->precision, "Of products with quantised weights")
      ->check(CLI::IsMember({"f32", "int8"}))
      ->capture_default_str();
  command->add_option("--threads", arguments->num_threads, "0: one per processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->callback([arguments] { write_logits(*arguments); });
}

}  // namespace ganglion
