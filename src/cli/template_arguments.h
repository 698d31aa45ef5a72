// How a conversation becomes what the model reads: --template and --tools.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "engine/chat_template.h"
#include "engine/language_model.h"

namespace ganglion {

struct TemplateArguments {
  std::string template_path;  // empty: the model's own
  std::string tools_path;     // empty: no tools
};

// --template; `arguments` must outlive the parsing.
CLI::Option* add_template_option(CLI::App& command, TemplateArguments& arguments);
// The options --template and --tools, in this order. `arguments` must outlive the parsing.
std::pair<CLI::Option*, CLI::Option*> add_template_options(CLI::App& command,
                                                           TemplateArguments& arguments);

struct ConversationFormat {
  ChatTemplate chat_template;
  json::array tools;
};

// Of `model`, which has a tokenizer and came from `model_path`. The command fails where there is no
// template, or where the template would not show the tools to the model.
ConversationFormat load_conversation_format(const TemplateArguments& arguments,
                                            const LanguageModel& model,
                                            const std::string& model_path);

}  // namespace ganglion
