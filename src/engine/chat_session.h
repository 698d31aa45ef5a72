// A conversation with a language model: messages in, answers out. What the model has read is kept,
// so that each turn reads only what is new.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/chat_message.h"
#include "engine/chat_template.h"
#include "engine/generation.h"
#include "engine/language_model.h"

namespace ganglion {

struct ChatAnswer {
  GeneratedText generated;
  size_t num_forgotten_messages = 0;  // left out, oldest first, so that the prompt fits
};

// Not thread-safe. The model must outlive it.
class ChatSession {
 public:
  // The errors of LanguageModel::start. The model's tokenizer must not be null (asserted).
  static Result<ChatSession> start(const LanguageModel& model, ChatTemplate chat_template,
                                   const SessionOptions& options);

  // Begin of the conversation; empty: none.
  void set_system_prompt(std::string text);
  const std::string& system_prompt() const { return system_prompt_; }
  // What the model may call, as OpenAI's API has it; empty: nothing.
  void set_tools(json::array tools) { tools_ = std::move(tools); }
  // User and assistant in turn.
  const std::vector<ChatMessage>& messages() const { return messages_; }
  void set_messages(std::vector<ChatMessage> messages) { messages_ = std::move(messages); }
  void clear() { messages_.clear(); }

  // Adds the user's message and the model's answer, an interrupted one too. On an error nothing is
  // added. When the conversation no longer fits: with FullContext::kStop kLimit; with kShift the
  // oldest exchanges are left out of what the model reads (messages() keeps them).
  Result<ChatAnswer> reply(std::string_view text, const GenerationOptions& options, std::tm now,
                           const OutputCallback& output);

  // Takes the last exchange away and returns the user's message, or "" when there is none.
  std::string undo();

  size_t capacity() const { return session_->capacity(); }

 private:
  ChatSession(const LanguageModel& model, ChatTemplate chat_template,
              std::unique_ptr<Session> session);

  Result<std::vector<int32_t>> prompt(size_t first_message, std::tm now) const;
  Result<ChatAnswer> answer(const GenerationOptions& options, std::tm now,
                            const OutputCallback& output);

  const LanguageModel* model_;
  ChatTemplate template_;
  std::unique_ptr<Session> session_;
  std::string system_prompt_;
  json::array tools_;
  std::vector<ChatMessage> messages_;
};

}  // namespace ganglion
