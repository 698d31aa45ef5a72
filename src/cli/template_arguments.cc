#include "cli/template_arguments.h"

#include <utility>

#include "base/file.h"
#include "cli/exit.h"
#include "engine/chat_template_source.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxToolsBytes = uint64_t{4} << 20;

ChatTemplateSource read_source(const TemplateArguments& arguments, const LanguageModel& model,
                               const std::string& model_path) {
  ChatTemplateSource source;
  if (arguments.template_path.empty()) {
    source = chat_template_of(model);
    source.name = model_path;
  } else {
    source = or_fail(read_chat_template(arguments.template_path));
    source.special_texts = special_texts_of(*model.tokenizer());
  }
  return source;
}

Status check_tool(const json::value& tool) {
  if (!tool.is_object()) {
    return fail(ErrorCode::kMalformed, "expected an object, found {}", json_kind_name(tool.kind()));
  }
  GANGLION_ASSIGN(const json::object* function, json_object(tool.get_object(), "function"));
  GANGLION_TRY(json_string(*function, "name"));
  return {};
}

// The "tools" of OpenAI's API: [{"type": "function", "function": {"name": …}}].
Result<json::array> read_tools(const std::string& path) {
  GANGLION_ASSIGN(const std::string bytes, read_file(path, kMaxToolsBytes));
  GANGLION_ASSIGN(json::value value, parse_json(bytes, path));
  if (!value.is_array() || value.get_array().empty()) {
    return fail(ErrorCode::kMalformed,
                "{}: expected an array of tools, as in "
                "[{{\"type\":\"function\",\"function\":{{\"name\":…}}}}], found {}",
                path, value.is_array() ? "an empty one" : json_kind_name(value.kind()));
  }
  for (size_t i = 0; i < value.get_array().size(); ++i) {
    const Status status = check_tool(value.get_array()[i]);
    if (!status.ok()) return at_place(fmt::format("{}: tool {}", path, i + 1), status.error());
  }
  return std::move(value.get_array());
}

}  // namespace

CLI::Option* add_template_option(CLI::App& command, TemplateArguments& arguments) {
  return command.add_option(
      "--template", arguments.template_path,
      "A Jinja file, tokenizer_config.json or model with the chat template to use instead");
}

std::pair<CLI::Option*, CLI::Option*> add_template_options(CLI::App& command,
                                                           TemplateArguments& arguments) {
  CLI::Option* const chat_template = add_template_option(command, arguments);
  CLI::Option* const tools =
      command.add_option("--tools", arguments.tools_path,
                         "A JSON file with the tools the model may call, as in OpenAI's API");
  return {chat_template, tools};
}

ConversationFormat load_conversation_format(const TemplateArguments& arguments,
                                            const LanguageModel& model,
                                            const std::string& model_path) {
  json::array tools;
  if (!arguments.tools_path.empty()) tools = or_fail(read_tools(arguments.tools_path));
  const ChatTemplateSource source = read_source(arguments, model, model_path);
  ChatTemplate chat_template = or_fail(ChatTemplate::create(source));
  if (!tools.empty() && !chat_template.shows_tools()) {
    throw CommandFailure{ExitCode::kFailed,
                         fail(ErrorCode::kUnsupported,
                              "{}: its chat template does not show tools to the model; leave "
                              "--tools out, or name a template that does by --template",
                              source.name)};
  }
  return {std::move(chat_template), std::move(tools)};
}

}  // namespace ganglion
