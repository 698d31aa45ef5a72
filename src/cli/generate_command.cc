// ganglion generate: a prompt in, what a language model writes after it out.
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/generation_arguments.h"
#include "cli/generation_output.h"
#include "cli/interrupt.h"
#include "cli/model_argument.h"
#include "cli/template_arguments.h"
#include "cli/terminal_progress.h"
#include "cli/text_checks.h"
#include "engine/infill.h"

namespace ganglion {
namespace {

struct GenerateArguments : GenerationArguments {
  std::optional<std::string> prompt;
  std::string prompt_path;
  std::optional<std::string> suffix;
  std::string suffix_path;
  bool parses_special = false;
  bool is_chat = false;
  std::string system;
  TemplateArguments conversation;
  bool json = false;
  bool quiet = false;
};

std::string checked_utf8(std::string text, std::string_view source) {
  const size_t invalid = find_invalid_utf8(text);
  if (invalid == std::string::npos) return text;
  throw CommandFailure{ExitCode::kFailed, fail(ErrorCode::kMalformed,
                                               "{}: not valid UTF-8 at byte {}; save it as "
                                               "UTF-8",
                                               source, invalid + 1)};
}

// Editors and echo end a text with a line break that nobody means as a part of it.
std::string without_last_line_break(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

std::string read_prompt(const GenerateArguments& arguments) {
  if (arguments.prompt) return *arguments.prompt;
  const bool is_path = !arguments.prompt_path.empty() && arguments.prompt_path != "-";
  if (is_path) {
    return without_last_line_break(
        checked_utf8(or_fail(read_file(arguments.prompt_path)), arguments.prompt_path));
  }
  const bool nobody_pipes = arguments.prompt_path.empty() && ::isatty(STDIN_FILENO) == 1;
  if (nobody_pipes) throw CLI::RequiredError("--prompt, --prompt-file or text on standard input");
  return without_last_line_break(
      checked_utf8({std::istreambuf_iterator<char>(std::cin), {}}, "standard input"));
}

// The prompt as a user's message, up to where the assistant's answer begins.
Result<std::vector<int32_t>> chat_tokens(const GenerateArguments& arguments,
                                         const LanguageModel& model, std::string_view prompt) {
  ConversationFormat format =
      load_conversation_format(arguments.conversation, model, arguments.model_path);
  ChatTemplateInput request;
  request.tools = std::move(format.tools);
  const auto add = [&](std::string_view role, std::string_view content) {
    request.messages.push_back(json::object{{"role", role}, {"content", content}});
  };
  if (!arguments.system.empty()) add("system", arguments.system);
  add("user", prompt);
  const std::time_t now = std::time(nullptr);
  localtime_r(&now, &request.now);
  GANGLION_ASSIGN(const MarkedText conversation, format.chat_template.render(request));
  return encode_chat(*model.tokenizer(), conversation);
}

std::vector<int32_t> prompt_tokens(const GenerateArguments& arguments, const LanguageModel& model) {
  const Tokenizer& tokenizer = *model.tokenizer();
  const std::string prompt = read_prompt(arguments);
  if (arguments.suffix) return or_fail(infill_prompt(tokenizer, prompt, *arguments.suffix));
  if (!arguments.suffix_path.empty()) {
    const std::string suffix =
        checked_utf8(or_fail(read_file(arguments.suffix_path)), arguments.suffix_path);
    return or_fail(infill_prompt(tokenizer, prompt, suffix));
  }
  if (arguments.is_chat) return or_fail(chat_tokens(arguments, model, prompt));
  std::vector<int32_t> ids;
  tokenizer.encode(prompt, {.parse_special_tokens = arguments.parses_special}, ids);
  return ids;
}

void print_now(std::string_view text, bool is_terminal) {
  if (text.empty()) return;
  fmt::print("{}", is_terminal ? terminal_text(text) : std::string(text));
  std::fflush(stdout);
}

GeneratedText write_text(const GenerateArguments& arguments, const LanguageModel& model,
                         GenerationOptions options) {
  const std::vector<int32_t> prompt = prompt_tokens(arguments, model);
  const std::unique_ptr<Session> session =
      or_fail(model.start(load_session_options(arguments, model)));
  constexpr size_t kLongPrompt = 512;  // tokens
  TerminalProgress progress("reading", "tokens", !arguments.quiet && prompt.size() >= kLongPrompt);
  options.prompt_progress = &progress;
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  OutputCallback print;
  if (!arguments.json) {
    print = [&](std::string_view text, const GeneratedToken*) { print_now(text, is_terminal); };
  }
  GeneratedText result = or_fail(generate(model, *session, prompt, options, print));
  if (!arguments.json) fmt::print("\n");
  std::fflush(stdout);  // in front of the summary, where both go to one file
  return result;
}

void run_generate(const GenerateArguments& arguments) {
  GenerationOptions options = generation_options(arguments);
  const auto model = or_fail(load_language_model(model_path_or_fail(arguments.model_path),
                                                 language_model_options(arguments)));
  if (!arguments.quiet) print_notes(*model);
  if (model->tokenizer() == nullptr) {
    throw CommandFailure{
        ExitCode::kFailed,
        fail(ErrorCode::kUnsupported,
             "{}: holds no vocabulary, so it can read and write no text; `ganglion debug logits` "
             "takes token ids",
             arguments.model_path)};
  }
  bool was_cancelled = false;
  {
    const InterruptFlag interrupt;
    options.is_cancelled = &interrupt.flag();
    const GeneratedText result = write_text(arguments, *model, options);
    if (arguments.json) {
      fmt::print("{}\n",
                 to_json_text(generation_json(result, *model->tokenizer(), options.sampling.seed)));
    }
    if (!arguments.quiet) fmt::print(stderr, "{}\n", generation_summary(result));
    was_cancelled = result.finish_reason == FinishReason::kCancelled;
  }
  std::fflush(stdout);
  if (was_cancelled) std::raise(SIGINT);  // so that a calling script stops too
}

}  // namespace

void add_generate_command(CLI::App& app) {
  CLI::App* const command =
      app.add_subcommand("generate", "Write what follows a text, with a language model");
  const auto arguments = std::make_shared<GenerateArguments>();
  CLI::Option* const prompt =
      command->add_option("--prompt", arguments->prompt, "The text to go on from")
          ->check(valid_utf8());
  command
      ->add_option("--prompt-file", arguments->prompt_path,
                   "A file with it, less one last line break; - (default): standard input")
      ->excludes(prompt);
  CLI::Option* const suffix =
      command
          ->add_option("--suffix", arguments->suffix,
                       "Fill in what stands between the prompt and this text")
          ->check(valid_utf8());
  CLI::Option* const suffix_file =
      command->add_option("--suffix-file", arguments->suffix_path, "A file with that text")
          ->excludes(suffix);
  CLI::Option* const special =
      command->add_flag("--special", arguments->parses_special,
                        "Let the prompt's spellings of control tokens be those tokens");
  special->excludes(suffix)->excludes(suffix_file);
  CLI::Option* const chat = command->add_flag(
      "--chat", arguments->is_chat, "The prompt is a message; answer it, by the model's template");
  chat->excludes(suffix)->excludes(suffix_file)->excludes(special);
  command->add_option("--system", arguments->system, "Instructions in front of the message")
      ->check(valid_utf8())
      ->needs(chat);
  const auto [chat_template, tools] = add_template_options(*command, arguments->conversation);
  chat_template->needs(chat);
  tools->needs(chat);
  add_generation_options(*command, *arguments);
  CLI::Option* const as_json = command->add_flag(
      "--json", arguments->json,
      "Print a JSON object: text, tokens, finish_reason, seed, logprobs, timings");
  command
      ->add_option("--logprobs", arguments->generation.num_logprobs,
                   "Log-probability of each token, with this many alternatives")
      ->transform(whole_number(0, uint64_t{1} << 31))
      ->needs(as_json);
  command->add_flag("--quiet", arguments->quiet, "Print no progress and no summary");
  command->callback([arguments] { run_generate(*arguments); });
}

}  // namespace ganglion
