// The lines of a Markdown text and what they are. Private to retrieval/.
#pragma once

#include <string_view>
#include <vector>

#include "retrieval/passages.h"

namespace ganglion {

enum class LineKind {
  kText,
  kBlank,
  kHeading,
  kUnderline,  // of a heading, === or ---
  kListItem,   // the first line of one
  kCode,       // inside a fence, and the fence
};

struct MarkdownLine {
  ByteRange range;  // without the line end
  LineKind kind = LineKind::kText;
  int level = 0;             // of a heading, 1 to 6
  std::string_view title{};  // of a heading
};

std::vector<MarkdownLine> split_markdown_lines(std::string_view text);

// Without spaces, tabs and line ends at both ends.
ByteRange trim_blanks(std::string_view text, ByteRange range);

// Bytes of the mark that a list item begins with ("- ", "* ", "+ ", "1. ", "1) "), or 0. `line` is
// without blank ends.
size_t list_mark_size(std::string_view line);

}  // namespace ganglion
