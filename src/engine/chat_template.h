// A conversation as the text that a model was trained to go on from.
#pragma once

#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/chat_template_source.h"
#include "text/jinja.h"
#include "text/json.h"
#include "text/marked_text.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

struct ChatTemplateInput {
  json::array messages;  // objects with "role", "content" and what else the template reads
  json::array tools;     // objects as OpenAI's API has them; empty: the template sees none
  bool add_generation_prompt = true;  // end with what begins the assistant's next message
  json::object variables;             // more for the template ("enable_thinking")
  std::tm now = {};                   // what the template takes for the time
};

// Immutable, thread-safe, cheap to copy.
class ChatTemplate {
 public:
  // Syntax errors name the source, line and column. kNotFound, naming --template, when the source
  // has no template.
  static Result<ChatTemplate> create(const ChatTemplateSource& source);

  // Whether tools change what is rendered: there is a template for them, or the only one reads
  // them.
  bool shows_tools() const { return shows_tools_; }

  // The frame that the template gives, and the data within it: all that came from messages, tools
  // and variables. Errors as JinjaTemplate::render.
  Result<MarkedText> render(const ChatTemplateInput& request) const;

 private:
  ChatTemplate(JinjaTemplate main, JinjaTemplate with_tools, const ChatTemplateSource& source);

  JinjaTemplate main_;
  JinjaTemplate with_tools_;
  std::map<std::string, std::string> special_texts_;
  bool shows_tools_;
};

// The tokens of a rendered conversation. Control tokens are read in the frame alone: whatever a
// message spells, it cannot end itself or begin another. No begin token is added, for the template
// spells it where there is one.
std::vector<int32_t> encode_chat(const Tokenizer& tokenizer, const MarkedText& conversation);

}  // namespace ganglion
