// What a person types in `ganglion chat`: messages, and commands that begin with "/".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/chat_session.h"
#include "engine/generation.h"

namespace ganglion {

// Whether `line` is a command. "//" begins a message that begins with "/".
bool is_chat_command(std::string_view line);

// Lines that make one message: one that ends in "\" goes on in the next, and lines between two that
// are """ belong together.
class MessageLines {
 public:
  // True when the message is whole; then take() has it.
  bool add(std::string_view line);
  bool is_begun() const { return is_begun_; }
  std::string take();
  void clear();

 private:
  std::string text_;
  bool is_begun_ = false;
  bool in_block_ = false;
};

enum class ChatAction { kNone, kLeave, kRegenerate };

struct ChatCommandResult {
  ChatAction action = ChatAction::kNone;
  std::string output;  // to show, with its line breaks
};

// Carries out a command: /help, /clear, /system, /save, /load, /regen, /undo, /set, /exit.
// kInvalidArgument, saying what would work, for one that is not known or not right now possible.
Result<ChatCommandResult> run_chat_command(std::string_view line, ChatSession& session,
                                           GenerationOptions& options);

}  // namespace ganglion
