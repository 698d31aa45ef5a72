// Reading lines from a person or a pipe. On a terminal they can be edited, with history; no library
// (docs/decisions/line_editing.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/line_buffer.h"

namespace ganglion {

enum class LineEnd : uint8_t { kEntered, kInterrupted, kEndOfInput };

struct ReadLine {
  LineEnd end = LineEnd::kEndOfInput;
  std::string text;  // without its line break; what was typed so far when interrupted
};

// Not thread-safe; one at a time.
class LineEditor {
 public:
  LineEditor();

  // Whether a person sits there: standard input and output are a terminal.
  bool is_interactive() const { return is_interactive_; }

  // `prompt` is shown on a terminal only; it may hold no control characters but ANSI styles.
  ReadLine read(std::string_view prompt, size_t prompt_columns);

  void add_history(std::string text);

 private:
  ReadLine read_plain();
  ReadLine edit(std::string_view prompt, size_t prompt_columns);
  void show(std::string_view prompt, size_t prompt_columns, const LineBuffer& buffer) const;

  bool is_interactive_;
  std::vector<std::string> history_;
  KeyDecoder keys_;
};

}  // namespace ganglion
