#include "retrieval/passages.h"

#include <algorithm>
#include <iterator>

#include "retrieval/markdown_lines.h"

namespace ganglion {
namespace {

// The headings above the current place, by level.
class HeadingPath {
 public:
  void enter(int level, std::string_view title) {
    std::erase_if(entries_, [level](const Entry& entry) { return entry.level >= level; });
    entries_.push_back({level, std::string(title)});
  }

  std::string text() const {
    std::string path;
    for (const Entry& entry : entries_) {
      if (entry.title.empty()) continue;
      if (!path.empty()) path += " > ";
      path += entry.title;
    }
    return path;
  }

 private:
  struct Entry {
    int level;
    std::string title;
  };
  std::vector<Entry> entries_;
};

// The paragraphs of a section; one that is too long by its sentences.
std::vector<ByteRange> split_blocks(std::string_view text, ByteRange section, size_t max_bytes) {
  std::vector<ByteRange> blocks;
  const auto add = [&](ByteRange block) {
    block = trim_blanks(text, block);
    if (block.size() > max_bytes) {
      std::ranges::copy(split_sentences(text, block), std::back_inserter(blocks));
    } else if (block.size() > 0) {
      blocks.push_back(block);
    }
  };
  size_t begin = section.begin;
  for (const MarkdownLine& line : split_markdown_lines(section.in(text))) {
    if (line.kind != LineKind::kBlank) continue;
    add({begin, section.begin + line.range.begin});
    begin = section.begin + line.range.end;
  }
  add({begin, section.end});
  return blocks;
}

void add_section(std::string_view text, ByteRange section, const std::string& heading,
                 const PassageOptions& options, std::vector<Passage>& passages) {
  section = trim_blanks(text, section);
  if (section.size() == 0) return;
  if (section.size() <= options.max_bytes) {
    passages.push_back({section, heading});
    return;
  }
  ByteRange gathered;
  for (const ByteRange& block : split_blocks(text, section, options.max_bytes)) {
    if (gathered.size() > 0 && block.end - gathered.begin > options.max_bytes) {
      passages.push_back({gathered, heading});
      gathered = {};
    }
    gathered = gathered.size() == 0 ? block : ByteRange{gathered.begin, block.end};
  }
  if (gathered.size() > 0) passages.push_back({gathered, heading});
}

}  // namespace

std::vector<Passage> split_passages(std::string_view markdown, const PassageOptions& options) {
  std::vector<Passage> passages;
  HeadingPath path;
  size_t section_begin = 0;
  for (const MarkdownLine& line : split_markdown_lines(markdown)) {
    if (line.kind == LineKind::kUnderline && section_begin == line.range.begin) {
      section_begin = std::min(line.range.end + 1, markdown.size());
    }
    if (line.kind != LineKind::kHeading) continue;
    add_section(markdown, {section_begin, line.range.begin}, path.text(), options, passages);
    path.enter(line.level, line.title);
    section_begin = std::min(line.range.end + 1, markdown.size());
  }
  add_section(markdown, {section_begin, markdown.size()}, path.text(), options, passages);
  return passages;
}

std::string find_title(std::string_view markdown) {
  for (const MarkdownLine& line : split_markdown_lines(markdown)) {
    if (line.kind == LineKind::kHeading && line.level == 1) return std::string(line.title);
  }
  return {};
}

}  // namespace ganglion
