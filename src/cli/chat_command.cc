// ganglion chat: a conversation with a language model at the terminal.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <utility>

#include "cli/chat_commands.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/generation_arguments.h"
#include "cli/generation_output.h"
#include "cli/interrupt.h"
#include "cli/line_editor.h"
#include "cli/model_argument.h"
#include "cli/template_arguments.h"
#include "cli/terminal_progress.h"
#include "cli/terminal_style.h"
#include "cli/text_checks.h"
#include "engine/chat_session.h"

namespace ganglion {
namespace {

struct ChatArguments : GenerationArguments {
  TemplateArguments conversation;
  std::string system;
  bool quiet = false;
};

std::tm local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm time = {};
  localtime_r(&now, &time);
  return time;
}

// The loop of one conversation.
class Chat {
 public:
  Chat(ChatSession session, GenerationOptions options, bool quiet)
      : session_(std::move(session)), options_(std::move(options)), quiet_(quiet) {}

  void run() {
    if (editor_.is_interactive() && !quiet_) {
      fmt::print("/help lists the commands; Ctrl-D leaves.\n");
    }
    bool was_interrupted = false;  // at the prompt, just now
    while (true) {
      const ReadLine line = editor_.read(prompt(), 2);
      if (line.end == LineEnd::kEndOfInput) break;
      if (line.end == LineEnd::kInterrupted) {
        const bool leaves = was_interrupted && line.text.empty() && !lines_.is_begun();
        if (leaves) break;
        was_interrupted = true;
        lines_.clear();
        fmt::print("(Ctrl-C again leaves)\n");
        continue;
      }
      was_interrupted = false;
      if (!take_line(line.text)) break;
    }
    // What a pipe ended within is still meant.
    if (lines_.is_begun()) answer(lines_.take());
  }

  bool has_failed() const { return has_failed_; }

 private:
  std::string prompt() const {
    return styled(lines_.is_begun() ? ". " : "> ", "1", stdout_takes_colour());
  }

  // False when the person leaves.
  bool take_line(const std::string& line) {
    const size_t invalid = find_invalid_utf8(line);
    if (invalid != std::string::npos) {
      complain(fmt::format("not valid UTF-8 at byte {} of the line", invalid + 1));
      return true;
    }
    if (!lines_.is_begun() && is_chat_command(line)) {
      editor_.add_history(line);
      return run_command(line);
    }
    if (!lines_.is_begun() && line.empty()) return true;
    if (!lines_.add(line)) return true;
    const std::string message = lines_.take();
    editor_.add_history(message);
    if (!message.empty()) answer(message);
    return true;
  }

  bool run_command(const std::string& line) {
    const auto result = run_chat_command(line, session_, options_);
    if (!result.ok()) {
      complain(result.error().message);
      return true;
    }
    fmt::print("{}", terminal_text(result->output));
    if (result->action == ChatAction::kRegenerate) {
      ++options_.sampling.seed;  // the same one would give the same answer
      regenerate();
    }
    return result->action != ChatAction::kLeave;
  }

  void regenerate() {
    const std::vector<ChatMessage> before = session_.messages();
    const std::string message = session_.undo();
    if (!answer(message)) session_.set_messages(before);
  }

  // False when it failed.
  bool answer(const std::string& message) {
    const InterruptFlag interrupt;
    options_.is_cancelled = &interrupt.flag();
    TerminalProgress progress("reading", "tokens", !quiet_ && message.size() > 4096);
    options_.prompt_progress = &progress;
    const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
    const auto reply = session_.reply(
        message, options_, local_time(), [&](std::string_view text, const GeneratedToken*) {
          fmt::print("{}", is_terminal ? terminal_text(text) : std::string(text));
          std::fflush(stdout);
        });
    options_.is_cancelled = nullptr;
    options_.prompt_progress = nullptr;
    if (!reply.ok()) {
      complain(reply.error().message + full_context_remedy(reply.error()));
      return false;
    }
    fmt::print("\n");
    std::fflush(stdout);
    note(*reply);
    return true;
  }

  static std::string full_context_remedy(const Error& error) {
    if (error.code != ErrorCode::kLimit) return "";
    return "\nIn this conversation: /undo or /clear make room; `--context shift` forgets the "
           "oldest "
           "messages instead";
  }

  void note(const ChatAnswer& reply) const {
    if (quiet_) return;
    const GeneratedText& text = reply.generated;
    if (reply.num_forgotten_messages > 0) {
      fmt::print(stderr, "(the context is full: the model no longer reads the first {} messages)\n",
                 reply.num_forgotten_messages);
    }
    if (text.num_dropped_tokens > 0) {
      fmt::print(stderr, "(the context is full: the model no longer reads {} earlier tokens)\n",
                 text.num_dropped_tokens);
    }
    if (text.finish_reason == FinishReason::kCancelled) fmt::print(stderr, "(stopped)\n");
    if (text.finish_reason == FinishReason::kContextFull) {
      fmt::print(stderr, "(cut off: the context of {} tokens is full; /undo or /clear make room)\n",
                 session_.capacity());
    }
    if (text.finish_reason == FinishReason::kMaxTokens) {
      fmt::print(stderr, "(cut off at {} tokens)\n", text.tokens.size());
    }
  }

  void complain(const std::string& message) {
    has_failed_ = true;
    std::fflush(stdout);
    fmt::print(stderr, "error: {}\n", terminal_text(message));
  }

  ChatSession session_;
  GenerationOptions options_;
  bool quiet_;
  bool has_failed_ = false;
  LineEditor editor_;
  MessageLines lines_;
};

void run_chat(const ChatArguments& arguments) {
  const GenerationOptions options = generation_options(arguments);
  const auto model = or_fail(load_language_model(model_path_or_fail(arguments.model_path),
                                                 language_model_options(arguments)));
  if (!arguments.quiet) print_notes(*model);
  if (model->tokenizer() == nullptr) {
    or_fail(Status(fail(ErrorCode::kUnsupported,
                        "{}: holds no vocabulary, so it can read and write no text",
                        arguments.model_path)));
  }
  ConversationFormat format =
      load_conversation_format(arguments.conversation, *model, arguments.model_path);
  ChatSession session = or_fail(ChatSession::start(*model, std::move(format.chat_template),
                                                   load_session_options(arguments, *model)));
  session.set_tools(std::move(format.tools));
  session.set_system_prompt(arguments.system);
  Chat chat(std::move(session), options, arguments.quiet);
  chat.run();
  // A person has seen the errors and gone on; a script has to be told.
  if (chat.has_failed() && ::isatty(STDIN_FILENO) != 1) {
    throw CommandFailure{ExitCode::kFailed,
                         fail(ErrorCode::kInvalidArgument, "a message or command above failed")};
  }
}

}  // namespace

void add_chat_command(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("chat", "Talk with a language model");
  const auto arguments = std::make_shared<ChatArguments>();
  add_generation_options(*command, *arguments);
  add_template_options(*command, arguments->conversation);
  command->add_option("--system", arguments->system, "The system prompt")->check(valid_utf8());
  command->add_flag("--quiet", arguments->quiet, "Print the answers alone");
  command->callback([arguments] { run_chat(*arguments); });
}

}  // namespace ganglion
