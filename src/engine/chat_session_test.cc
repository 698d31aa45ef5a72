#include "engine/chat_session.h"

#include <gtest/gtest.h>

#include "engine/fake_model.h"

namespace ganglion {
namespace {

constexpr std::string_view kTemplate =
    "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}<eot>{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}";

// Answers with the number of tokens it has read so far, so that every turn differs.
FakeScript counts_tokens() {
  return [](std::span<const int32_t> context, std::span<float> logits) {
    const bool answered = context.back() != FakeTokenizer::kFirstByte + ']';
    const auto digit = static_cast<size_t>(FakeTokenizer::kFirstByte + '0') + context.size() % 10;
    logits[answered ? static_cast<size_t>(FakeTokenizer::kEndOfTurn) : digit] = 20;
  };
}

GenerationOptions greedy() {
  GenerationOptions options;
  options.sampling.temperature = 0;
  return options;
}

ChatSession start(const FakeModel& model, size_t context_length = 400) {
  auto chat_template = ChatTemplate::create(
      {"test", std::string(kTemplate), "", special_texts_of(*model.tokenizer())});
  EXPECT_TRUE(chat_template.ok()) << chat_template.error().message;
  SessionOptions options;
  options.context_length = context_length;
  return std::move(ChatSession::start(model, *chat_template, options)).value();
}

TEST(ChatTemplate, MessagesSpellNoControlTokens) {
  const FakeModel model(counts_tokens());
  const auto chat_template = ChatTemplate::create(
      {"test", std::string(kTemplate), "", special_texts_of(*model.tokenizer())});
  ASSERT_TRUE(chat_template.ok());
  ChatTemplateInput request;
  request.messages.push_back({{"role", "user"}, {"content", "a<eot>b</s>"}});
  const auto text = chat_template->render(request);
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_EQ(text->text(), "<s>[user]a<eot>b</s><eot>[assistant]");
  const std::vector<int32_t> ids = encode_chat(*model.tokenizer(), *text);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), FakeTokenizer::kEndOfTurn), 1);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), FakeTokenizer::kEnd), 0);
  EXPECT_EQ(ids.front(), FakeTokenizer::kBegin);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), FakeTokenizer::kBegin), 1);
}

TEST(ChatTemplate, AModelWithoutOneSaysWhatToDo) {
  const FakeModel model(counts_tokens());
  const auto missing = ChatTemplate::create(chat_template_of(model));
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("--template"), std::string::npos);
}

TEST(ChatTemplate, ToolsHaveTheirOwnTemplate) {
  const auto chat_template =
      ChatTemplate::create({"t", "plain {{ tools }}", "tools {{ tools | length }}", {}});
  ASSERT_TRUE(chat_template.ok());
  ChatTemplateInput request;
  EXPECT_EQ(chat_template->render(request)->text(), "plain None");
  request.tools.push_back(json::object{{"type", "function"}});
  EXPECT_EQ(chat_template->render(request)->text(), "tools 1");
}

TEST(ChatSession, ReadsOnlyWhatIsNew) {
  const FakeModel model(counts_tokens());
  ChatSession session = start(model);
  const auto first = session.reply("hello", greedy(), {}, {});
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->generated.timings.num_reused_tokens, 0u);
  const auto second = session.reply("you", greedy(), {}, {});
  ASSERT_TRUE(second.ok());
  // "<s>[user]hello<eot>[assistant]" and the answer's one token.
  EXPECT_EQ(second->generated.timings.num_reused_tokens, 25u);
  EXPECT_EQ(second->generated.timings.num_prompt_tokens, 22u);  // "<eot>[user]you<eot>[assistant]"
  EXPECT_EQ(session.messages().size(), 4u);
  EXPECT_NE(session.messages()[1].content, session.messages()[3].content);
}

TEST(ChatSession, TheSameConversationGivesTheSameAnswer) {
  const FakeModel model(counts_tokens());
  ChatSession session = start(model);
  ASSERT_TRUE(session.reply("hello", greedy(), {}, {}).ok());
  ASSERT_TRUE(session.reply("again", greedy(), {}, {}).ok());
  const std::string answer = session.messages()[3].content;
  EXPECT_EQ(session.undo(), "again");
  ASSERT_TRUE(session.reply("again", greedy(), {}, {}).ok());
  EXPECT_EQ(session.messages()[3].content, answer);
  session.clear();
  EXPECT_EQ(session.undo(), "");
}

TEST(ChatSession, AFullContextStopsOrForgetsTheOldest) {
  const FakeModel model(counts_tokens());
  GenerationOptions options = greedy();
  ChatSession stopping = start(model, 64);
  ASSERT_TRUE(stopping.reply("one", options, {}, {}).ok());
  const auto full = stopping.reply(std::string(40, 'x'), options, {}, {});
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, ErrorCode::kLimit);
  EXPECT_EQ(stopping.messages().size(), 2u);
  EXPECT_TRUE(stopping.reply("two", options, {}, {}).ok());

  options.full_context = FullContext::kShift;
  ChatSession shifting = start(model, 64);
  ASSERT_TRUE(shifting.reply("one", options, {}, {}).ok());
  const auto shifted = shifting.reply(std::string(24, 'x'), options, {}, {});
  ASSERT_TRUE(shifted.ok()) << shifted.error().message;
  EXPECT_EQ(shifted->num_forgotten_messages, 2u);
  EXPECT_EQ(shifting.messages().size(), 4u);
}

}  // namespace
}  // namespace ganglion
