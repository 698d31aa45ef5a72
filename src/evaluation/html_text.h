// Text from outside, made safe to stand in HTML.
#pragma once

#include <string>
#include <string_view>

namespace ganglion {

// Escapes & < > " ' so that the text is inert in element content and in quoted attributes. Control
// characters other than tab and line break, bidirectional overrides and broken UTF-8 become U+FFFD:
// they could disguise what a reader sees.
std::string html_text(std::string_view text);

}  // namespace ganglion
