#include "engine/chat_template.h"

#include <utility>

namespace ganglion {

ChatTemplate::ChatTemplate(JinjaTemplate main, JinjaTemplate with_tools,
                           const ChatTemplateSource& source)
    : main_(std::move(main)),
      with_tools_(std::move(with_tools)),
      special_texts_(source.special_texts),
      shows_tools_(!source.tool_text.empty() || source.text.find("tools") != std::string::npos) {}

Result<ChatTemplate> ChatTemplate::create(const ChatTemplateSource& source) {
  if (source.text.empty()) {
    return fail(ErrorCode::kNotFound,
                "{}: the model has no chat template; name a file with one by --template, or use "
                "`ganglion generate`",
                source.name);
  }
  GANGLION_ASSIGN(JinjaTemplate main, JinjaTemplate::parse(source.text, source.name));
  if (source.tool_text.empty()) return ChatTemplate(main, main, source);
  GANGLION_ASSIGN(JinjaTemplate with_tools,
                  JinjaTemplate::parse(source.tool_text, source.name + " (tool_use)"));
  return ChatTemplate(std::move(main), std::move(with_tools), source);
}

Result<MarkedText> ChatTemplate::render(const ChatTemplateInput& request) const {
  json::object context = request.variables;
  context["messages"] = request.messages;
  // As transformers: there, but none.
  context["tools"] = request.tools.empty() ? json::value(nullptr) : json::value(request.tools);
  context.emplace("documents", nullptr);
  context["add_generation_prompt"] = request.add_generation_prompt;
  JinjaOptions options;
  options.now = request.now;
  for (const auto& [key, text] : special_texts_) {
    context[key] = text;
    options.frame_keys.push_back(key);
  }
  return (request.tools.empty() ? main_ : with_tools_).render(context, options);
}

std::vector<int32_t> encode_chat(const Tokenizer& tokenizer, const MarkedText& conversation) {
  std::vector<TokenSpan> data;
  conversation.for_each_run(0, conversation.size(), [&](size_t begin, size_t end, bool is_data) {
    if (is_data) data.push_back({begin, end});
  });
  EncodeOptions options;
  options.add_special_tokens = false;
  options.parse_special_tokens = true;
  options.plain_ranges = data;
  std::vector<int32_t> ids;
  tokenizer.encode(conversation.text(), options, ids);
  return ids;
}

}  // namespace ganglion
