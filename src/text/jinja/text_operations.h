// What filters and methods of texts share. Marks of origin go with their bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "text/jinja/runtime.h"

namespace ganglion::jinja {

MarkedText upper_text(const MarkedText& text);
MarkedText lower_text(const MarkedText& text);
// The first character in upper case, the others in lower case.
MarkedText capitalize_text(const MarkedText& text);
// As `mark_word_start` says: whether a word may begin behind this code point. Words begin in upper
// case and go on in lower case.
MarkedText title_text(const MarkedText& text, bool (*begins_word_after)(char32_t));

// Without the characters of `characters` (spaces when null) at the wanted ends.
MarkedText strip_text(const MarkedText& text, const MarkedText* characters, bool left, bool right);

// At most `count` times from the left; all when negative.
Result<Value> replace_text(Runtime& runtime, const MarkedText& text, const MarkedText& from,
                           const MarkedText& to, int64_t count);

// Spaces so that `text` has `width` characters.
Result<Value> pad_text(Runtime& runtime, const MarkedText& text, int64_t width, bool left,
                       bool right, std::string_view fill = " ");

// At "\n", "\r\n" and the other line ends of Python; with them when `keep_ends`.
std::vector<MarkedText> split_lines(const MarkedText& text, bool keep_ends);

}  // namespace ganglion::jinja
