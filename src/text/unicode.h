// Unicode properties and normal forms (ICU). Each has a quick way for ASCII.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ganglion {

// Canonical decomposition and composition. `text` is valid UTF-8.
std::string nfd(std::string_view text);
std::string nfc(std::string_view text);

// The full canonical decomposition of one code point: itself where it has none.
std::u32string decompose_code_point(char32_t code_point);

// Lower case by the root locale (full mapping: İ becomes i + dot above). `text` is valid UTF-8.
std::string to_lower(std::string_view text);
// Upper case likewise (ß becomes SS).
std::string to_upper(std::string_view text);

// General categories: L*, N*, P*, Z* or White_Space, Cc/Cf/Co/Cs, Mn.
bool is_letter(char32_t code_point);
bool is_number(char32_t code_point);
bool is_punctuation(char32_t code_point);
bool is_space(char32_t code_point);
bool is_control(char32_t code_point);
bool is_nonspacing_mark(char32_t code_point);
bool is_upper(char32_t code_point);
// The code points of a general category by its short or long name ("Lu", "L", "Uppercase_Letter",
// "Letter"), as ranges that include both ends, in order. Empty when there is no such category.
std::vector<std::pair<char32_t, char32_t>> code_points_of_category(std::string_view name);
// Simple (one to one) lower case.
char32_t lower_code_point(char32_t code_point);

}  // namespace ganglion
