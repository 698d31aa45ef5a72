// ganglion debug template: what a chat template makes of a context.
#include <fmt/core.h>

#include <charconv>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <string>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "text/jinja.h"

namespace ganglion {
namespace {

struct TemplateArguments {
  std::string template_path;
  std::string context_path;
  std::string now;
  JinjaDialect dialect = JinjaDialect::kJavaScript;
  bool json = false;
};

// "2025-07-10T12:00:00" or "2025-07-10"; the machine's local time when empty.
Result<std::tm> read_time(const std::string& text) {
  std::tm time = {};
  if (text.empty()) {
    const std::time_t now = std::time(nullptr);
    localtime_r(&now, &time);
    return time;
  }
  const char* end = strptime(text.c_str(), "%Y-%m-%d", &time);
  if (end != nullptr && *end == 'T') end = strptime(end, "T%H:%M:%S", &time);
  if (end == nullptr || (*end != '\0' && std::string_view(end) != "Z")) {
    return fail(ErrorCode::kInvalidArgument,
                "--now {}: expected a time such as 2025-07-10T12:00:00", text);
  }
  return time;
}

void print_template(const TemplateArguments& arguments) {
  const std::string source = or_fail(read_file(arguments.template_path));
  const std::string context_text = or_fail(read_file(arguments.context_path));
  const json::value context = or_fail(parse_json(context_text, arguments.context_path));
  if (!context.is_object()) {
    or_fail(Status(fail(ErrorCode::kMalformed, "{}: expected an object of variables, found {}",
                        arguments.context_path, json_kind_name(context.kind()))));
  }
  const JinjaTemplate parsed = or_fail(JinjaTemplate::parse(source, arguments.template_path));
  JinjaOptions options;
  options.dialect = arguments.dialect;
  options.now = or_fail(read_time(arguments.now));
  options.frame_keys = {"bos_token", "eos_token", "unk_token", "pad_token"};
  const MarkedText text = or_fail(parsed.render(context.get_object(), options));
  if (!arguments.json) {
    std::fwrite(text.text().data(), 1, text.size(), stdout);
    return;
  }
  json::array segments;
  for (const TextSegment& segment : text.segments()) {
    segments.push_back({{"text", segment.text}, {"is_data", segment.is_data}});
  }
  fmt::print("{}\n", to_json_text(json::object{{"text", text.text()}, {"segments", segments}}));
}

}  // namespace

void add_debug_template_command(CLI::App& debug) {
  CLI::App* command = debug.add_subcommand(
      "template", "Print what a chat template makes of a context, exactly: no newline is added");
  const auto arguments = std::make_shared<TemplateArguments>();
  command->add_option("--template", arguments->template_path, "A file with a Jinja template")
      ->required();
  command
      ->add_option("--context", arguments->context_path,
                   "A JSON object with the template's variables: messages, tools, bos_token, …")
      ->required();
  const std::map<std::string, JinjaDialect> dialects = {{"javascript", JinjaDialect::kJavaScript},
                                                        {"python", JinjaDialect::kPython}};
  command
      ->add_option("--dialect", arguments->dialect,
                   "How values print: javascript (true, [\"a\"], as @huggingface/jinja; the "
                   "default) or python (True, ['a'], as transformers; what chat and generate use)")
      ->transform(CLI::CheckedTransformer(dialects));
  command->add_option("--now", arguments->now,
                      "The time that strftime_now() tells, as 2025-07-10T12:00:00 (default: now)");
  command->add_flag("--json", arguments->json,
                    "Print the text and its segments: which came from the context (is_data) and "
                    "so can never be control tokens");
  command->callback([arguments] { print_template(*arguments); });
}

}  // namespace ganglion
