#include "cli/chat_commands.h"

#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/file.h"
#include "text/edit_distance.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxConversationBytes = 64ull << 20;

constexpr std::string_view kHelp =
    "/help             this list\n"
    "/clear            begin a new conversation\n"
    "/system [TEXT]    show or change the system prompt\n"
    "/regen            take the last answer back and write another\n"
    "/undo             take the last message and its answer back\n"
    "/set [NAME VALUE] show or change temperature, top_p, top_k, min_p, repetition_penalty, seed,\n"
    "                  max_tokens\n"
    "/save FILE        write the conversation as JSON\n"
    "/load FILE        go on with a conversation that was saved\n"
    "/exit             leave (as Ctrl-D, or Ctrl-C twice)\n"
    "A line that ends in \\ goes on in the next; lines between two lines of \"\"\" are one "
    "message;\n"
    "Alt-Enter breaks a line; Ctrl-C stops an answer; // begins a message with a slash.\n";

struct Words {
  std::string_view name;  // with its slash
  std::string_view rest;
};

Words split(std::string_view line) {
  const size_t space = std::min(line.find(' '), line.size());
  std::string_view rest = line.substr(space);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  return {line.substr(0, space), rest};
}

template <typename Number>
Status read_number(std::string_view name, std::string_view text, Number& number) {
  Number value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return fail(ErrorCode::kInvalidArgument, "/set {}: expected a number, found \"{}\"", name,
                text);
  }
  number = value;
  return {};
}

std::string show_settings(const GenerationOptions& options) {
  const SamplingOptions& sampling = options.sampling;
  return fmt::format(
      "temperature {}\ntop_p {}\ntop_k {}\nmin_p {}\nrepetition_penalty {}\nseed {}\n"
      "max_tokens {}\n",
      sampling.temperature, sampling.top_p, sampling.top_k, sampling.min_p,
      sampling.penalties.repetition, sampling.seed,
      options.max_tokens ? std::to_string(*options.max_tokens) : "none");
}

Status set_option(std::string_view name, std::string_view value, GenerationOptions& options) {
  SamplingOptions& sampling = options.sampling;
  if (name == "temperature") return read_number(name, value, sampling.temperature);
  if (name == "top_p") return read_number(name, value, sampling.top_p);
  if (name == "top_k") return read_number(name, value, sampling.top_k);
  if (name == "min_p") return read_number(name, value, sampling.min_p);
  if (name == "repetition_penalty") {
    return read_number(name, value, sampling.penalties.repetition);
  }
  if (name == "seed") return read_number(name, value, sampling.seed);
  if (name == "max_tokens") {
    if (value == "none") {
      options.max_tokens.reset();
      return {};
    }
    size_t number = 0;
    GANGLION_TRY(read_number(name, value, number));
    if (number == 0) return fail(ErrorCode::kInvalidArgument, "/set max_tokens: at least 1");
    options.max_tokens = number;
    return {};
  }
  return fail(ErrorCode::kInvalidArgument, "/set: unknown setting \"{}\"; /set lists them", name);
}

Result<ChatCommandResult> set(std::string_view rest, GenerationOptions& options) {
  if (rest.empty()) return ChatCommandResult{ChatAction::kNone, show_settings(options)};
  const Words words = split(rest);
  GenerationOptions changed = options;
  GANGLION_TRY(set_option(words.name, words.rest, changed));
  constexpr size_t kAnyVocabulary = size_t{1} << 31;
  GANGLION_TRY(check_sampling_options(changed.sampling, kAnyVocabulary));
  options = changed;
  return ChatCommandResult{};
}

json::object conversation_json(const ChatSession& session) {
  json::array messages;
  if (!session.system_prompt().empty()) {
    messages.push_back({{"role", "system"}, {"content", session.system_prompt()}});
  }
  for (const ChatMessage& message : session.messages()) {
    messages.push_back({{"role", message.role}, {"content", message.content}});
  }
  return {{"messages", std::move(messages)}};
}

bool is_conversation(std::string_view path) {
  const Result<std::string> bytes = read_file(std::string(path), kMaxConversationBytes);
  if (!bytes.ok()) return false;
  const Result<json::value> value = parse_json(*bytes, path);
  return value.ok() && value->is_object() && value->get_object().contains("messages");
}

Result<ChatCommandResult> save(std::string_view path, const ChatSession& session) {
  if (path.empty()) return fail(ErrorCode::kInvalidArgument, "/save needs the name of a file");
  if (std::error_code ignored; std::filesystem::exists(path, ignored) && !is_conversation(path)) {
    return fail(
        ErrorCode::kConflict,
        "{}: is there already, and is no conversation that /save wrote; choose another name", path);
  }
  GANGLION_TRY(
      write_file_atomic(std::string(path), to_json_text(conversation_json(session)) + "\n"));
  return ChatCommandResult{
      ChatAction::kNone, fmt::format("saved {} messages to {}\n", session.messages().size(), path)};
}

Result<ChatCommandResult> load(std::string_view path, ChatSession& session) {
  if (path.empty()) return fail(ErrorCode::kInvalidArgument, "/load needs the name of a file");
  GANGLION_ASSIGN(const std::string bytes, read_file(std::string(path), kMaxConversationBytes));
  GANGLION_ASSIGN(const json::value value, parse_json(bytes, path));
  if (!value.is_object()) return fail(ErrorCode::kMalformed, "{}: expected an object", path);
  GANGLION_ASSIGN(const json::array* entries, json_array(value.get_object(), "messages"));
  std::string system;
  std::vector<ChatMessage> messages;
  for (const json::value& entry : *entries) {
    if (!entry.is_object()) return fail(ErrorCode::kMalformed, "{}: a message is no object", path);
    GANGLION_ASSIGN(const std::string_view role, json_string(entry.get_object(), "role"));
    GANGLION_ASSIGN(const std::string_view content, json_string(entry.get_object(), "content"));
    const bool expects_user = messages.size() % 2 == 0;
    if (role == "system" && messages.empty()) {
      system = content;
    } else if (role == (expects_user ? "user" : "assistant")) {
      messages.push_back({std::string(role), std::string(content)});
    } else {
      return fail(ErrorCode::kMalformed, "{}: user and assistant must take turns", path);
    }
  }
  if (messages.size() % 2 != 0) {
    return fail(ErrorCode::kMalformed,
                "{}: expected the assistant's message last, found the user's; take it out of the "
                "file, load it, and type it",
                path);
  }
  session.set_system_prompt(std::move(system));
  session.set_messages(std::move(messages));
  return ChatCommandResult{ChatAction::kNone,
                           fmt::format("loaded {} messages\n", session.messages().size())};
}

Result<ChatCommandResult> system(std::string_view text, ChatSession& session) {
  if (text.empty()) {
    return ChatCommandResult{ChatAction::kNone, session.system_prompt().empty()
                                                    ? "there is no system prompt\n"
                                                    : session.system_prompt() + "\n"};
  }
  session.set_system_prompt(std::string(text));
  return ChatCommandResult{};
}

Result<ChatCommandResult> undo(ChatSession& session) {
  if (session.messages().empty()) {
    return fail(ErrorCode::kInvalidArgument, "/undo: there is nothing to take back");
  }
  session.undo();
  return ChatCommandResult{};
}

}  // namespace

bool is_chat_command(std::string_view line) {
  return line.starts_with('/') && !line.starts_with("//");
}

Result<ChatCommandResult> run_chat_command(std::string_view line, ChatSession& session,
                                           GenerationOptions& options) {
  const auto [name, rest] = split(line);
  if (name == "/help" || name == "/?")
    return ChatCommandResult{ChatAction::kNone, std::string(kHelp)};
  if (name == "/exit" || name == "/quit" || name == "/bye")
    return ChatCommandResult{ChatAction::kLeave, ""};
  if (name == "/clear") {
    session.clear();
    return ChatCommandResult{};
  }
  if (name == "/system") return system(rest, session);
  if (name == "/save") return save(rest, session);
  if (name == "/load") return load(rest, session);
  if (name == "/set") return set(rest, options);
  if (name == "/undo") return undo(session);
  if (name == "/regen") {
    if (session.messages().empty()) {
      return fail(ErrorCode::kInvalidArgument, "/regen: there is no answer yet");
    }
    return ChatCommandResult{ChatAction::kRegenerate, ""};
  }
  const std::vector<std::string> known = {"/help",  "/clear", "/system", "/save", "/load",
                                          "/regen", "/undo",  "/set",    "/exit"};
  const auto nearest = nearest_word(name, known);
  return fail(ErrorCode::kInvalidArgument, "unknown command {}; {}", name,
              nearest ? fmt::format("did you mean {}?", *nearest) : "/help lists them");
}

bool MessageLines::add(std::string_view line) {
  if (line == "\"\"\"") {
    in_block_ = !in_block_;
    const bool is_whole = !in_block_;
    is_begun_ = true;
    return is_whole;
  }
  if (is_begun_ && !text_.empty()) text_ += '\n';
  is_begun_ = true;
  const bool goes_on = !in_block_ && line.ends_with('\\');
  if (goes_on) line.remove_suffix(1);
  text_ += line;
  return !in_block_ && !goes_on;
}

std::string MessageLines::take() {
  std::string text = std::move(text_);
  clear();
  return text.starts_with("//") ? text.substr(1) : text;
}

void MessageLines::clear() {
  text_.clear();
  is_begun_ = in_block_ = false;
}

}  // namespace ganglion
