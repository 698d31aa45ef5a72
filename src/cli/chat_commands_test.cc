#include "cli/chat_commands.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "cli/line_buffer.h"
#include "engine/fake_model.h"

namespace ganglion {
namespace {

std::vector<Key> keys_of(std::string_view bytes) {
  KeyDecoder decoder;
  std::vector<Key> keys;
  Key key;
  for (const char byte : bytes) {  // as slowly as a terminal may give them
    decoder.feed({&byte, 1});
    while (decoder.next(key, false)) keys.push_back(key);
  }
  while (decoder.next(key, true)) keys.push_back(key);
  return keys;
}

std::string edited(std::string_view bytes, std::vector<std::string> history = {}) {
  LineBuffer buffer(std::move(history));
  for (const Key& key : keys_of(bytes)) buffer.apply(key);
  std::string text = buffer.text();
  text.insert(buffer.cursor(), "|");
  return text;
}

TEST(LineBuffer, Edits) {
  EXPECT_EQ(edited("hällo"), "hällo|");
  EXPECT_EQ(edited("hä\x7fo"), "ho|");
  EXPECT_EQ(edited("añb\x1b[D\x1b[D"), "a|ñb");
  EXPECT_EQ(edited("one two\x17x"), "one x|");
  EXPECT_EQ(edited("one two\x01\x0b"), "|");
  EXPECT_EQ(edited("one two\x1b[1;5D\x15"), "|two");
  EXPECT_EQ(edited("ab\x1b[D\x1b[3~"), "a|");
  EXPECT_EQ(edited("a\x1b\rb"), "a\nb|");
  EXPECT_EQ(edited("日本\x1b[D語"), "日語|本");
  EXPECT_EQ(edited("a\x1b[99;99zb\x1b"), "ab|");
}

TEST(LineBuffer, BrowsesTheHistory) {
  EXPECT_EQ(edited("own\x1b[A", {"first", "second"}), "second|");
  EXPECT_EQ(edited("own\x1b[A\x1b[A\x1b[A", {"first", "second"}), "first|");
  EXPECT_EQ(edited("own\x1b[A\x1b[B\x1b[B", {"first", "second"}), "own|");
}

TEST(LineBuffer, PastesAreOneText) {
  EXPECT_EQ(edited("a\x1b[200~two\r\nlines\x07\n\x1b[201~b"), "atwo\nlinesb|");
  EXPECT_EQ(edited("a\x1b[200~\xff\x1b[201~"), "a|");
}

TEST(LineBuffer, ShowsTheWindowAroundTheCursor) {
  EXPECT_EQ(visible_line("abc", 3, 10).text, "abc");
  EXPECT_EQ(visible_line("abc", 3, 10).cursor_column, 3u);
  EXPECT_EQ(visible_line("a\nb", 3, 10).text, "a⏎b");
  const VisibleLine end = visible_line("abcdefghij", 10, 4);
  EXPECT_EQ(end.text, "hij");
  EXPECT_EQ(end.cursor_column, 3u);
  EXPECT_EQ(visible_line("日本", 6, 10).cursor_column, 4u);
  EXPECT_EQ(visible_line("a\x1b[2J", 1, 10).text, "a�[2J");
}

TEST(MessageLines, JoinsWhatBelongsTogether) {
  MessageLines lines;
  EXPECT_TRUE(lines.add("one"));
  EXPECT_EQ(lines.take(), "one");
  EXPECT_FALSE(lines.add("one\\"));
  EXPECT_TRUE(lines.add("two"));
  EXPECT_EQ(lines.take(), "one\ntwo");
  EXPECT_FALSE(lines.add("\"\"\""));
  EXPECT_FALSE(lines.add("/not a command"));
  EXPECT_FALSE(lines.add("b\\"));
  EXPECT_TRUE(lines.add("\"\"\""));
  EXPECT_EQ(lines.take(), "/not a command\nb\\");
  EXPECT_TRUE(lines.add("//path"));
  EXPECT_EQ(lines.take(), "/path");
}

class ChatCommands : public testing::Test {
 protected:
  static FakeScript script() {
    return [](std::span<const int32_t> context, std::span<float> logits) {
      const bool answered = context.back() != FakeTokenizer::kFirstByte + ':';
      logits[static_cast<size_t>(answered ? FakeTokenizer::kEndOfTurn
                                          : FakeTokenizer::kFirstByte + 'k')] = 20;
    };
  }
  static ChatSession start(const FakeModel& model) {
    const auto chat_template =
        ChatTemplate::create({"t", "{% for m in messages %}{{ m.content }}{% endfor %}:", "", {}});
    SessionOptions options;
    options.context_length = 200;
    return std::move(ChatSession::start(model, *chat_template, options)).value();
  }
  Result<ChatCommandResult> run(std::string_view line) {
    return run_chat_command(line, session_, options_);
  }

  FakeModel model_{script()};
  ChatSession session_ = start(model_);
  GenerationOptions options_;
};

TEST_F(ChatCommands, ChangeSettings) {
  EXPECT_TRUE(run("/set temperature 0.25").ok());
  EXPECT_FLOAT_EQ(options_.sampling.temperature, 0.25F);
  EXPECT_TRUE(run("/set max_tokens 5").ok());
  EXPECT_EQ(options_.max_tokens, 5u);
  EXPECT_TRUE(run("/set max_tokens none").ok());
  EXPECT_FALSE(options_.max_tokens.has_value());
  EXPECT_NE(run("/set")->output.find("temperature 0.25"), std::string::npos);
  EXPECT_FALSE(run("/set temperature hot").ok());
  EXPECT_FALSE(run("/set temperature -1").ok());
  EXPECT_FLOAT_EQ(options_.sampling.temperature, 0.25F);
  EXPECT_FALSE(run("/set nothing 1").ok());
}

TEST_F(ChatCommands, ChangeTheConversation) {
  EXPECT_FALSE(run("/undo").ok());
  EXPECT_FALSE(run("/regen").ok());
  ASSERT_TRUE(session_.reply("q", options_, {}, {}).ok());
  EXPECT_EQ(session_.messages()[1].content, "k");
  EXPECT_EQ(run("/regen")->action, ChatAction::kRegenerate);
  EXPECT_TRUE(run("/undo").ok());
  EXPECT_TRUE(session_.messages().empty());
  EXPECT_TRUE(run("/system Be brief. ").ok());
  EXPECT_EQ(session_.system_prompt(), "Be brief.");
  EXPECT_EQ(run("/exit")->action, ChatAction::kLeave);
  EXPECT_EQ(run("/clar").error().message, "unknown command /clar; did you mean /clear?");
  EXPECT_NE(run("/help")->output.find("/regen"), std::string::npos);
}

TEST_F(ChatCommands, SaveAndLoad) {
  const std::string path = testing::TempDir() + "ganglion_chat.json";
  session_.set_system_prompt("S");
  ASSERT_TRUE(session_.reply("q \"x\"", options_, {}, {}).ok());
  ASSERT_TRUE(run("/save " + path).ok());
  session_.clear();
  session_.set_system_prompt("");
  const auto loaded = run("/load " + path);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(session_.system_prompt(), "S");
  ASSERT_EQ(session_.messages().size(), 2u);
  EXPECT_EQ(session_.messages()[0].content, "q \"x\"");
  EXPECT_FALSE(run("/load /nowhere.json").ok());
  EXPECT_FALSE(run("/save").ok());
  EXPECT_TRUE(run("/save " + path).ok()) << "over a conversation";
  std::filesystem::remove(path);
}

TEST_F(ChatCommands, NothingIsLostBySaveAndLoad) {
  const std::string path = testing::TempDir() + "ganglion_notes.txt";
  ASSERT_TRUE(write_file_atomic(path, "my notes").ok());
  EXPECT_NE(run("/save " + path).error().message.find("is no conversation"), std::string::npos);
  EXPECT_EQ(read_file(path).value(), "my notes");
  ASSERT_TRUE(
      write_file_atomic(path, R"({"messages":[{"role":"user","content":"unanswered"}]})").ok());
  EXPECT_NE(run("/load " + path).error().message.find("expected the assistant's message last"),
            std::string::npos);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace ganglion
