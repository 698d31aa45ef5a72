#include "cli/line_editor.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <utility>

namespace ganglion {
namespace {

// Keys come one by one and unseen while one lives; pasted text is marked.
class RawTerminal {
 public:
  RawTerminal() {
    tcgetattr(STDIN_FILENO, &before_);
    termios raw = before_;
    raw.c_iflag &= ~static_cast<tcflag_t>(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
    raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | IEXTEN | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    fmt::print("\x1b[?2004h");
    std::fflush(stdout);
  }
  ~RawTerminal() {
    fmt::print("\x1b[?2004l");
    std::fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_ = {};
};

size_t terminal_columns() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

// False at the end of the input.
bool read_bytes(KeyDecoder& keys) {
  std::array<char, 4096> bytes;
  ssize_t count = 0;
  do count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  keys.feed({bytes.data(), static_cast<size_t>(count)});
  return true;
}

// The rest of an escape sequence comes at once; a person's next key does not.
bool more_comes_soon() {
  constexpr int kPatienceMs = 30;
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, kPatienceMs) > 0;
}

}  // namespace

LineEditor::LineEditor()
    : is_interactive_(::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1) {}

ReadLine LineEditor::read(std::string_view prompt, size_t prompt_columns) {
  return is_interactive_ ? edit(prompt, prompt_columns) : read_plain();
}

void LineEditor::add_history(std::string text) {
  constexpr size_t kMaxEntries = 1000;
  if (text.empty() || (!history_.empty() && history_.back() == text)) return;
  history_.push_back(std::move(text));
  if (history_.size() > kMaxEntries) history_.erase(history_.begin());
}

ReadLine LineEditor::read_plain() {
  ReadLine line;
  if (!std::getline(std::cin, line.text)) return line;
  if (line.text.ends_with('\r')) line.text.pop_back();
  line.end = LineEnd::kEntered;
  return line;
}

void LineEditor::show(std::string_view prompt, size_t prompt_columns,
                      const LineBuffer& buffer) const {
  const size_t columns = terminal_columns();
  const size_t room = columns > prompt_columns + 2 ? columns - prompt_columns - 1 : 1;
  const VisibleLine line = visible_line(buffer.text(), buffer.cursor(), room);
  fmt::print("\r{}{}\x1b[K\r", prompt, line.text);
  if (const size_t column = prompt_columns + line.cursor_column; column > 0) {
    fmt::print("\x1b[{}C", column);
  }
  std::fflush(stdout);
}

ReadLine LineEditor::edit(std::string_view prompt, size_t prompt_columns) {
  const RawTerminal raw;
  LineBuffer buffer(history_);
  show(prompt, prompt_columns, buffer);
  const auto finish = [&](LineEnd end) {
    fmt::print("\r\n");
    return ReadLine{end, buffer.text()};
  };
  while (true) {
    Key key;
    if (!keys_.next(key, false)) {
      const bool is_cut = !more_comes_soon();
      if (!is_cut || !keys_.next(key, true)) {
        if (!read_bytes(keys_)) return finish(LineEnd::kEndOfInput);
        continue;
      }
    }
    if (key.kind == KeyKind::kEnter) return finish(LineEnd::kEntered);
    if (key.kind == KeyKind::kInterrupt) return finish(LineEnd::kInterrupted);
    if (key.kind == KeyKind::kEndOfInput) {
      if (buffer.text().empty()) return finish(LineEnd::kEndOfInput);
      key.kind = KeyKind::kDelete;
    }
    if (key.kind == KeyKind::kClearScreen) fmt::print("\x1b[H\x1b[2J");
    buffer.apply(key);
    show(prompt, prompt_columns, buffer);
  }
}

}  // namespace ganglion
