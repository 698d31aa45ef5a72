// Texts with labelled spans, for training and measuring taggers, and the two files they come in.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

// Bytes [begin, end) of the text, begin < end, never inside a code point.
struct LabelledSpan {
  size_t begin;
  size_t end;
  std::string type;

  bool operator==(const LabelledSpan&) const = default;
};

struct TaggedText {
  std::string text;  // valid UTF-8
  std::vector<LabelledSpan> spans;
  // Known besides the text, such as the slots that a dialogue asked for. May be empty.
  std::vector<std::string> context;
};

// CoNLL: one word and its tag a line, separated by a tab (or by the line's last space); a blank
// line between sentences. Tags are O, B-type and I-type; an I- that continues nothing begins a
// span. The text is the words joined by one space. Errors name source_name:line. kMalformed for a
// line without a tag, an unknown tag or bad UTF-8; kInvalidArgument when there is no sentence.
Result<std::vector<TaggedText>> parse_conll(std::string_view bytes, std::string_view source_name);

// One JSON object a line: {"text", "spans": [{"start", "end", "type"}], "context": ["…"]?}, other
// members ignored; start and end in Unicode code points. Errors name source_name:line.
// kMalformed for what is not such an object, for spans that are empty, reversed or outside the
// text, and for a type that is empty, longer than 64 bytes or holds '|' or a control character.
Result<std::vector<TaggedText>> parse_span_jsonl(std::string_view bytes,
                                                 std::string_view source_name);

// Reads either: files whose name ends in .jsonl are span JSONL, all others CoNLL.
Result<std::vector<TaggedText>> load_tagged_texts(const std::filesystem::path& path);

}  // namespace ganglion
