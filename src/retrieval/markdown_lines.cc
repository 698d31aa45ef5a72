#include "retrieval/markdown_lines.h"

#include <algorithm>

namespace ganglion {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view strip(std::string_view text) {
  return trim_blanks(text, {0, text.size()}).in(text);
}

// "## Heading ##": the level, or 0.
int heading_level(std::string_view line) {
  size_t level = 0;
  while (level < line.size() && line[level] == '#') ++level;
  const bool is_heading = level >= 1 && level <= 6 &&
                          (level == line.size() || line[level] == ' ' || line[level] == '\t');
  return is_heading ? static_cast<int>(level) : 0;
}

std::string_view heading_title(std::string_view line, int level) {
  std::string_view title = strip(line.substr(static_cast<size_t>(level)));
  const size_t last = title.find_last_not_of('#');
  if (last == std::string_view::npos) return {};
  // Closing marks count only after a space: "C#" keeps its own.
  if (last + 1 < title.size() && kBlanks.find(title[last]) != std::string_view::npos) {
    title = strip(title.substr(0, last));
  }
  return title;
}

bool is_fence(std::string_view line) { return line.starts_with("```") || line.starts_with("~~~"); }

bool is_run_of(std::string_view line, char mark) {
  return line.size() >= 3 && std::ranges::all_of(line, [mark](char c) { return c == mark; });
}

void classify(std::string_view line, bool& in_fence, std::vector<MarkdownLine>& lines) {
  MarkdownLine& current = lines.back();
  if (is_fence(line)) {
    current.kind = LineKind::kCode;
    in_fence = !in_fence;
  } else if (in_fence) {
    current.kind = LineKind::kCode;
  } else if (line.empty()) {
    current.kind = LineKind::kBlank;
  } else if (const int level = heading_level(line); level > 0) {
    current.kind = LineKind::kHeading;
    current.level = level;
    current.title = heading_title(line, level);
  } else if (is_run_of(line, '=') || is_run_of(line, '-')) {
    MarkdownLine* const above = lines.size() >= 2 ? &lines[lines.size() - 2] : nullptr;
    current.kind = LineKind::kUnderline;
    if (above != nullptr && above->kind == LineKind::kText) {
      above->kind = LineKind::kHeading;
      above->level = line[0] == '=' ? 1 : 2;
    }
  } else if (list_mark_size(line) > 0) {
    current.kind = LineKind::kListItem;
  }
}

}  // namespace

ByteRange trim_blanks(std::string_view text, ByteRange range) {
  while (range.begin < range.end && kBlanks.find(text[range.begin]) != std::string_view::npos) {
    ++range.begin;
  }
  while (range.begin < range.end && kBlanks.find(text[range.end - 1]) != std::string_view::npos) {
    --range.end;
  }
  return range;
}

size_t list_mark_size(std::string_view line) {
  if (line.size() >= 2 && (line[0] == '-' || line[0] == '*' || line[0] == '+')) {
    return line[1] == ' ' || line[1] == '\t' ? 2 : 0;
  }
  size_t digits = 0;
  while (digits < line.size() && line[digits] >= '0' && line[digits] <= '9') ++digits;
  const bool is_number = digits >= 1 && digits <= 9 && digits + 1 < line.size() &&
                         (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ';
  return is_number ? digits + 2 : 0;
}

std::vector<MarkdownLine> split_markdown_lines(std::string_view text) {
  std::vector<MarkdownLine> lines;
  bool in_fence = false;
  for (size_t begin = 0; begin < text.size();) {
    const size_t newline = std::min(text.find('\n', begin), text.size());
    const std::string_view line = strip(text.substr(begin, newline - begin));
    lines.push_back({.range = {begin, newline}, .title = line});
    classify(line, in_fence, lines);
    begin = newline + 1;
  }
  return lines;
}

}  // namespace ganglion
