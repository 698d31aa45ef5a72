#include "engine/chat_session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ganglion {
namespace {

// Room for an answer of unstated length that a conversation has to leave to count as fitting.
constexpr size_t kLeastAnswer = 16;

size_t answer_room(const GenerationOptions& options, size_t capacity) {
  return std::min(options.max_tokens.value_or(kLeastAnswer), capacity / 4);
}

}  // namespace

ChatSession::ChatSession(const LanguageModel& model, ChatTemplate chat_template,
                         std::unique_ptr<Session> session)
    : model_(&model), template_(std::move(chat_template)), session_(std::move(session)) {}

Result<ChatSession> ChatSession::start(const LanguageModel& model, ChatTemplate chat_template,
                                       const SessionOptions& options) {
  GANGLION_ASSERT(model.tokenizer() != nullptr);
  GANGLION_ASSIGN(std::unique_ptr<Session> session, model.start(options));
  return ChatSession(model, std::move(chat_template), std::move(session));
}

void ChatSession::set_system_prompt(std::string text) { system_prompt_ = std::move(text); }

Result<std::vector<int32_t>> ChatSession::prompt(size_t first_message, std::tm now) const {
  ChatTemplateInput request;
  request.now = now;
  request.tools = tools_;
  if (!system_prompt_.empty()) {
    request.messages.push_back({{"role", "system"}, {"content", system_prompt_}});
  }
  for (size_t i = first_message; i < messages_.size(); ++i) {
    request.messages.push_back({{"role", messages_[i].role}, {"content", messages_[i].content}});
  }
  GANGLION_ASSIGN(const MarkedText text, template_.render(request));
  return encode_chat(*model_->tokenizer(), text);
}

Result<ChatAnswer> ChatSession::answer(const GenerationOptions& options, std::tm now,
                                       const OutputCallback& output) {
  ChatAnswer reply;
  GANGLION_ASSIGN(std::vector<int32_t> tokens, prompt(0, now));
  if (options.full_context == FullContext::kShift) {
    const size_t room = answer_room(options, capacity());
    while (tokens.size() + room > capacity() &&
           reply.num_forgotten_messages + 2 < messages_.size()) {
      reply.num_forgotten_messages += 2;  // an exchange, so that the user still begins
      GANGLION_ASSIGN(tokens, prompt(reply.num_forgotten_messages, now));
    }
  }
  GANGLION_ASSIGN(reply.generated, generate(*model_, *session_, tokens, options, output));
  return reply;
}

Result<ChatAnswer> ChatSession::reply(std::string_view text, const GenerationOptions& options,
                                      std::tm now, const OutputCallback& output) {
  messages_.push_back({"user", std::string(text)});
  auto reply = answer(options, now, output);
  if (!reply.ok()) {
    messages_.pop_back();
    return reply;
  }
  messages_.push_back({"assistant", reply->generated.text});
  return reply;
}

std::string ChatSession::undo() {
  if (messages_.size() < 2) return "";
  messages_.pop_back();
  std::string text = std::move(messages_.back().content);
  messages_.pop_back();
  return text;
}

}  // namespace ganglion
