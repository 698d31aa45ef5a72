// Documents cut into passages and sentences, each with its exact byte range.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion {

// Bytes [begin, end) of a text.
struct ByteRange {
  size_t begin = 0;
  size_t end = 0;

  size_t size() const { return end - begin; }
  std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct Passage {
  ByteRange range;        // of the text below the heading, without the blank ends
  std::string heading{};  // path from the title down, as in "Refunds > By card"; may be empty
};

struct PassageOptions {
  // A section longer than this is cut between paragraphs, or sentences where a paragraph is longer.
  size_t max_bytes = 800;
};

// Cuts Markdown at its headings (# and underlined; not inside code fences), then by length. A
// heading without text below gives no passage. Plain text is Markdown without headings. The cost is
// linear in the size; `markdown` is valid UTF-8.
std::vector<Passage> split_passages(std::string_view markdown, const PassageOptions& options = {});

// The sentences of text[range]: cut after . ! ? … and the like where the next one begins, at blank
// lines and list items; not after common abbreviations, initials and inside numbers. A heading line
// is not a sentence. Blank ends and the marks of list items are left out.
std::vector<ByteRange> split_sentences(std::string_view text, ByteRange range);

// The first heading of level 1, or empty.
std::string find_title(std::string_view markdown);

}  // namespace ganglion
