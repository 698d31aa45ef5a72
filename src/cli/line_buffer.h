// The line that a person edits, apart from the terminal it is shown on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion {

enum class KeyKind : uint8_t {
  kText,  // one character, or what was pasted
  kEnter,
  kNewline,  // Alt-Enter: a line break within the text
  kBackspace,
  kDelete,
  kLeft,
  kRight,
  kUp,
  kDown,
  kHome,
  kEnd,
  kWordLeft,
  kWordRight,
  kKillToBegin,  // Ctrl-U
  kKillToEnd,    // Ctrl-K
  kKillWord,     // Ctrl-W
  kClearScreen,  // Ctrl-L
  kInterrupt,    // Ctrl-C
  kEndOfInput,   // Ctrl-D
  kUnknown,
};

struct Key {
  KeyKind kind = KeyKind::kUnknown;
  std::string text;  // kText
};

// Bytes of a terminal to keys: UTF-8, the escape sequences of xterm and its kin, bracketed paste.
class KeyDecoder {
 public:
  void feed(std::string_view bytes) { pending_ += bytes; }
  // False when more bytes are needed. With `is_all`, no more will come soon: a lone Escape is a
  // key.
  bool next(Key& key, bool is_all);

 private:
  bool next_escape(Key& key, bool is_all);
  std::string pending_;
};

// Text, cursor and history. The text is valid UTF-8 if the keys' is.
class LineBuffer {
 public:
  explicit LineBuffer(std::vector<std::string> history = {}) : history_(std::move(history)) {}

  // What editing keys do; Enter, interrupts and the like are the caller's.
  void apply(const Key& key);

  const std::string& text() const { return text_; }
  size_t cursor() const { return cursor_; }  // bytes
  void set_text(std::string text);

 private:
  size_t left_of(size_t offset) const;
  size_t right_of(size_t offset) const;
  size_t word_left() const;
  size_t word_right() const;
  void erase(size_t begin, size_t end);
  void browse(int step);

  std::string text_;
  size_t cursor_ = 0;
  std::vector<std::string> history_;  // oldest first
  size_t entry_ = SIZE_MAX;           // of the history that is shown; SIZE_MAX: the line's own text
  std::string own_text_;              // while the history is shown
};

// Columns that a terminal gives a character: 0, 1 or 2 (East Asian wide, emoji).
int column_width(char32_t code_point);

// The part of `text` around byte `cursor` that fits into `columns`, line breaks shown as ⏎, and the
// column of the cursor in it.
struct VisibleLine {
  std::string text;
  size_t cursor_column = 0;
};
VisibleLine visible_line(std::string_view text, size_t cursor, size_t columns);

}  // namespace ganglion
